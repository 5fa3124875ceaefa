import { hash } from 'node:crypto';
import type { IncomingMessage } from '../types.ts';

/** Characters of the base64url text that are kept: 132 bits. */
const LENGTH = 22;

/**
 * Equal for the same message sent again: topic, payload and every property that does not change when a broker sends a
 * message again (DELIVERY, rule 2). The expiry counts down and DUP is set, so neither is in it.
 */
export function digestOf(message: IncomingMessage): string {
  const { contentType, responseTopic, correlationData, userProperties } = message.properties;
  const correlation = correlationData === undefined ? undefined : Buffer.from(correlationData).toString('latin1');
  const plain = [message.topic, message.qos, message.retained, contentType, responseTopic, correlation, userProperties];
  // The head is JSON, which holds no raw line feed, so where it ends is certain.
  const head = Buffer.from(`${JSON.stringify(plain)}\n`);
  return hash('sha256', Buffer.concat([head, message.payload]), 'base64url').slice(0, LENGTH);
}
