import type { MessageProperties, MqttVersion, OutgoingMessage } from '../../../types.ts';
import { integerBytes, propertyBytes, remainingLength, textBytes } from './packets.ts';
import type { WriteBatch } from './write-batch.ts';

const PUBLISH = 0x30;
const DUP = 0x08;
const RETAIN = 0x01;

/** Identifiers of the properties of a PUBLISH [MQTT 5, 2.2.2.2]. */
const EXPIRY = 0x02;
const CONTENT_TYPE = 0x03;
const RESPONSE_TOPIC = 0x08;
const CORRELATION_DATA = 0x09;
const USER_PROPERTY = 0x26;

/** Characters up to which a text is written one by one: a call of Node's encoder costs more. */
const SHORT = 40;

function writeInteger(bytes: Buffer, from: number, value: number): number {
  let [at, left] = [from, value];
  for (; left > 127; left >>>= 7) bytes[at++] = (left & 0x7f) | 0x80;
  bytes[at++] = left;
  return at;
}

function writeLength(bytes: Buffer, at: number, length: number): number {
  bytes[at] = length >> 8;
  bytes[at + 1] = length & 0xff;
  return at + 2;
}

function writeText(bytes: Buffer, from: number, text: string): number {
  const length = textBytes(text);
  const at = writeLength(bytes, from, length);
  if (length !== text.length || length > SHORT) bytes.write(text, at, 'utf8');
  else for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index);
  return at + length;
}

function writeProperties(bytes: Buffer, from: number, properties: MessageProperties, length: number): number {
  const { contentType, responseTopic, correlationData, expiry, userProperties } = properties;
  let at = writeInteger(bytes, from, length);
  if (expiry !== undefined) {
    bytes[at++] = EXPIRY;
    at = bytes.writeUInt32BE(expiry, at);
  }
  if (contentType !== undefined) {
    bytes[at++] = CONTENT_TYPE;
    at = writeText(bytes, at, contentType);
  }
  if (responseTopic !== undefined) {
    bytes[at++] = RESPONSE_TOPIC;
    at = writeText(bytes, at, responseTopic);
  }
  if (correlationData !== undefined) {
    bytes[at++] = CORRELATION_DATA;
    at = writeLength(bytes, at, correlationData.byteLength);
    bytes.set(correlationData, at);
    at += correlationData.byteLength;
  }
  for (const [name, value] of userProperties) {
    bytes[at++] = USER_PROPERTY;
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, value);
  }
  return at;
}

/**
 * Adds the PUBLISH of a message, of which `messageFault` has nothing to say, to what is written; properties only on
 * MQTT 5. `packetId` is not written at QoS 0.
 */
export function writePublish(
  batch: WriteBatch,
  message: OutgoingMessage,
  packetId: number,
  dup: boolean,
  protocol: MqttVersion,
): void {
  const { topic, payload, properties, qos, retain } = message;
  const propertyLength = protocol === 5 ? propertyBytes(properties) : 0;
  const length = remainingLength(message, protocol, propertyLength);
  batch.packet(1 + integerBytes(length) + length, (bytes, from) => {
    bytes[from] = PUBLISH | (dup ? DUP : 0) | (qos << 1) | (retain ? RETAIN : 0);
    let at = writeInteger(bytes, from + 1, length);
    at = writeText(bytes, at, topic);
    if (qos > 0) at = writeLength(bytes, at, packetId);
    if (protocol === 5) at = writeProperties(bytes, at, properties, propertyLength);
    bytes.set(payload, at);
  });
}
