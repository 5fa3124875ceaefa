import { topicFault } from '../../../topics.ts';
import type { MessageProperties, MqttVersion, OutgoingMessage, WireMessage } from '../../../types.ts';

/** Length of a string or binary field [MQTT 5, 1.5.4]. */
const MAX_FIELD = 65_535;
/** Largest value of a variable byte integer, so of a packet's remaining length [MQTT 5, 1.5.5]. */
export const MAX_REMAINING_LENGTH = 268_435_455;
const MAX_EXPIRY = 0xffff_ffff;

/** Characters up to which a text is looked at one by one: a call of Node's costs more. */
const SHORT = 40;

/** Bytes of a text in UTF-8. */
export function textBytes(text: string): number {
  const { length } = text;
  if (length > SHORT) return Buffer.byteLength(text);
  for (let index = 0; index < length; index++) if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text);
  return length;
}

const field = (text: string) => 2 + textBytes(text);

/** Bytes of the properties of a PUBLISH, without those that tell their length. */
export function propertyBytes(properties: MessageProperties): number {
  let bytes = 0;
  if (properties.expiry !== undefined) bytes += 5;
  if (properties.contentType !== undefined) bytes += 1 + field(properties.contentType);
  if (properties.responseTopic !== undefined) bytes += 1 + field(properties.responseTopic);
  if (properties.correlationData !== undefined) bytes += 3 + properties.correlationData.byteLength;
  for (const [name, value] of properties.userProperties) bytes += 1 + field(name) + field(value);
  return bytes;
}

/** Bytes of a variable byte integer [MQTT 5, 1.5.5]. */
export function integerBytes(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  return value < 2_097_152 ? 3 : 4;
}

/** Bytes of a PUBLISH behind its fixed header; `properties` is what {@link propertyBytes} says of the message. */
export function remainingLength(message: OutgoingMessage, protocol: MqttVersion, properties: number): number {
  const body = field(message.topic) + (message.qos === 0 ? 0 : 2) + message.payload.byteLength;
  return protocol === 4 ? body : body + integerBytes(properties) + properties;
}

/** Bytes of the whole PUBLISH, as a broker's Maximum Packet Size counts them [MQTT-3.2.2-15]. */
export function publishSize(message: OutgoingMessage, protocol: MqttVersion): number {
  const length = remainingLength(message, protocol, propertyBytes(message.properties));
  return 1 + integerBytes(length) + length;
}

/** What two strings and their pair take in memory beside their characters: a packet can hold millions of empty ones. */
const PAIR = 64;

/** Bytes that a message occupies, as the window and the waiting queue count them: near enough, and cheap. */
export function messageBytes({ topic, payload, properties }: WireMessage): number {
  const { contentType, responseTopic, correlationData, userProperties } = properties;
  let bytes = payload.byteLength + topic.length + (contentType?.length ?? 0) + (responseTopic?.length ?? 0);
  bytes += (correlationData?.byteLength ?? 0) + PAIR * userProperties.length;
  for (const [name, value] of userProperties) bytes += name.length + value.length;
  return bytes;
}

function tooLong(what: string, value: string | Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = typeof value === 'string' ? textBytes(value) : value.byteLength;
  return bytes > MAX_FIELD ? `the ${what} must not be longer than ${MAX_FIELD} bytes, it has ${bytes}` : undefined;
}

function propertyFault(properties: MessageProperties): string | undefined {
  const { contentType, responseTopic, correlationData, expiry, userProperties } = properties;
  if (expiry !== undefined && !(Number.isInteger(expiry) && expiry >= 0 && expiry <= MAX_EXPIRY))
    return `the expiry must be a whole number of seconds up to ${MAX_EXPIRY}, not ${expiry}`;
  const responseFault = responseTopic === undefined ? undefined : topicFault(responseTopic);
  if (responseFault !== undefined) return `the response topic is not valid: ${responseFault}`;
  const long = tooLong('content type', contentType) ?? tooLong('correlation data', correlationData);
  if (long !== undefined) return long;
  for (const [name, value] of userProperties) {
    const fault = tooLong('name of a user property', name) ?? tooLong(`user property ${name}`, value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Why no MQTT packet can carry the message, or undefined when one can. */
export function messageFault(message: OutgoingMessage): string | undefined {
  const fault = topicFault(message.topic) ?? propertyFault(message.properties);
  if (fault !== undefined) return fault;
  const length = remainingLength(message, 5, propertyBytes(message.properties));
  return length > MAX_REMAINING_LENGTH
    ? `the message makes a packet of ${length} bytes, MQTT allows ${MAX_REMAINING_LENGTH}`
    : undefined;
}
