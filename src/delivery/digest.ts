import { hash } from 'node:crypto';
import type { IncomingMessage } from '../types.ts';

/** Characters of the base64url text that are kept: 132 bits. */
const LENGTH = 22;

/** Longer texts are encoded natively; below, it costs more to call than to write them, as long as they are ASCII. */
const SHORT = 64;

/** The length of a text that is absent, which no text has. */
const ABSENT = 0xffff_ffff;

/** Bytes of a length, and the most that a UTF-16 unit takes in UTF-8. */
const LENGTH_BYTES = 4;
const UNIT_BYTES = 3;

/** What is digested lies in one piece, for most messages in this one: a new buffer for each costs as much as its digest. */
const kept = Buffer.allocUnsafeSlow(64 * 1024);

/** A length goes before each text, so that what is written says where each ends. Returns where the next one begins. */
function put(into: Buffer, at: number, text: string | undefined): number {
  const start = into.writeUInt32LE(text?.length ?? ABSENT, at);
  if (text === undefined) return start;
  if (text.length > SHORT) return start + into.write(text, start);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return start + into.write(text, start);
    into[start + i] = unit;
  }
  return start + text.length;
}

function roomFor(texts: readonly (string | undefined)[], { payload, properties }: IncomingMessage): number {
  let room = 1 + LENGTH_BYTES + payload.byteLength;
  for (const text of texts) room += LENGTH_BYTES + UNIT_BYTES * (text?.length ?? 0);
  for (const [name, value] of properties.userProperties)
    room += 2 * LENGTH_BYTES + UNIT_BYTES * (name.length + value.length);
  return room;
}

/**
 * Equal for the same message sent again: topic, payload and every property that does not change when a broker sends a
 * message again (DELIVERY, rule 2). The expiry counts down and DUP is set, so neither is in it. Markers and attempts are
 * kept under it: where it changes, those in a journal are of no use.
 */
export function digestOf(message: IncomingMessage): string {
  const { contentType, responseTopic, correlationData, userProperties } = message.properties;
  const correlation = correlationData === undefined ? undefined : Buffer.from(correlationData).toString('latin1');
  const texts = [message.topic, contentType, responseTopic, correlation];
  const room = roomFor(texts, message);
  const into = room <= kept.length ? kept : Buffer.allocUnsafeSlow(room);
  let end = into.writeUInt8(message.qos + (message.retained ? 4 : 0), 0);
  for (const text of texts) end = put(into, end, text);
  end = into.writeUInt32LE(userProperties.length, end);
  for (const [name, value] of userProperties) end = put(into, put(into, end, name), value);
  into.set(message.payload, end);
  end += message.payload.byteLength;
  return hash('sha256', into.subarray(0, end), 'base64url').slice(0, LENGTH);
}
