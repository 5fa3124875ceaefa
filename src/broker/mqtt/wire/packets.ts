import type { IPublishPacket } from 'mqtt-packet';
import { topicFault } from '../../../topics.ts';
import type { MessageProperties, MqttVersion, OutgoingMessage, WireMessage } from '../../../types.ts';
import { outgoingPairs } from './user-properties.ts';

type PublishProperties = NonNullable<IPublishPacket['properties']>;

/** Length of a string or binary field [MQTT 5, 1.5.4]. */
const MAX_FIELD = 65_535;
/** Largest value of a variable byte integer, so of a packet's remaining length [MQTT 5, 1.5.5]. */
export const MAX_REMAINING_LENGTH = 268_435_455;
const MAX_EXPIRY = 0xffff_ffff;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function outgoingProperties(properties: MessageProperties): PublishProperties {
  const { contentType, responseTopic, correlationData, expiry } = properties;
  return {
    ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData: asBuffer(correlationData) }),
    ...outgoingPairs(properties.userProperties),
  };
}

/** The PUBLISH of a message; properties only on MQTT 5. `packetId` is 0 at QoS 0. */
export function toPublish(
  message: OutgoingMessage,
  packetId: number,
  dup: boolean,
  protocol: MqttVersion,
): IPublishPacket {
  return {
    cmd: 'publish',
    topic: message.topic,
    payload: asBuffer(message.payload),
    qos: message.qos,
    retain: message.retain,
    dup,
    ...(message.qos === 0 ? {} : { messageId: packetId }),
    ...(protocol === 5 ? { properties: outgoingProperties(message.properties) } : {}),
  };
}

const field = (text: string) => 2 + Buffer.byteLength(text);

function propertyBytes(properties: MessageProperties): number {
  let bytes = 0;
  if (properties.expiry !== undefined) bytes += 5;
  if (properties.contentType !== undefined) bytes += 1 + field(properties.contentType);
  if (properties.responseTopic !== undefined) bytes += 1 + field(properties.responseTopic);
  if (properties.correlationData !== undefined) bytes += 3 + properties.correlationData.byteLength;
  for (const [name, value] of properties.userProperties) bytes += 1 + field(name) + field(value);
  return bytes;
}

function integerBytes(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  return value < 2_097_152 ? 3 : 4;
}

function remainingLength(message: OutgoingMessage, protocol: MqttVersion): number {
  const body = field(message.topic) + (message.qos === 0 ? 0 : 2) + message.payload.byteLength;
  if (protocol === 4) return body;
  const properties = propertyBytes(message.properties);
  return body + integerBytes(properties) + properties;
}

/** Bytes of the whole PUBLISH, as a broker's Maximum Packet Size counts them [MQTT-3.2.2-15]. */
export function publishSize(message: OutgoingMessage, protocol: MqttVersion): number {
  const length = remainingLength(message, protocol);
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
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
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
  const length = remainingLength(message, 5);
  return length > MAX_REMAINING_LENGTH
    ? `the message makes a packet of ${length} bytes, MQTT allows ${MAX_REMAINING_LENGTH}`
    : undefined;
}
