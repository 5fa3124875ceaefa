import { generate, type IPublishPacket } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { WriteBatch } from '../../../../src/broker/mqtt/wire/write-batch.ts';
import { writePublish } from '../../../../src/broker/mqtt/wire/write-publish.ts';
import type { MqttVersion, OutgoingMessage } from '../../../../src/types.ts';
import { encoded } from '../messages.ts';
import { publishBytes } from './publish-bytes.ts';

/** What mqtt-packet makes of a message with one user property at most. */
function reference(message: OutgoingMessage, packetId: number, dup: boolean, protocol: MqttVersion): Buffer {
  const { topic, payload, qos, retain, properties } = message;
  const { contentType, responseTopic, correlationData, expiry, userProperties } = properties;
  const packet: IPublishPacket = {
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos,
    retain,
    dup,
    ...(qos > 0 && { messageId: packetId }),
    properties: {
      ...(expiry !== undefined && { messageExpiryInterval: expiry }),
      ...(contentType !== undefined && { contentType }),
      ...(responseTopic !== undefined && { responseTopic }),
      ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData) }),
      ...(userProperties.length > 0 && { userProperties: Object.fromEntries(userProperties) }),
    },
  };
  return generate(packet, { protocolVersion: protocol });
}

const properties = { userProperties: [] };
const messages: OutgoingMessage[] = [
  encoded('t', ''),
  encoded('t', 'at qos 0', { qos: 0 }),
  encoded('a/topic', 'kept', { qos: 2, retain: true }),
  encoded('töpic/€/\u{1f600}', 'x'.repeat(200)),
  encoded('x'.repeat(40), 'y'),
  encoded(`${'x'.repeat(39)}ä`, 'y'),
  encoded('x'.repeat(41), 'y'),
  encoded('ä'.repeat(4_000), 'y'),
  encoded('t', 'e', { properties: { ...properties, expiry: 2 ** 32 - 1 } }),
  encoded('t', 'c', { properties: { ...properties, contentType: 'text/plain; charset=utf-8' } }),
  encoded('t', 'c', { properties: { ...properties, contentType: '' } }),
  encoded('t', 'r', { properties: { ...properties, responseTopic: 'an/swer' } }),
  encoded('t', 'd', { properties: { ...properties, correlationData: new Uint8Array([0, 255, 7]) } }),
  encoded('t', 'd', { properties: { ...properties, correlationData: new Uint8Array(300) } }),
  encoded('t', 'u', { properties: { userProperties: [['näme', 'x'.repeat(300)]] } }),
  ...[100, 119, 120, 121, 16_000, 16_374, 16_375, 16_376, 16_377, 65_500, 65_536, 2_097_130, 2_097_150].map((length) =>
    encoded('t', 'z'.repeat(length)),
  ),
];

describe.each([5, 4] as const)('protocol version %i', (protocol) => {
  test('a PUBLISH has the bytes that mqtt-packet gives it', () => {
    for (const message of messages)
      for (const [packetId, dup] of [
        [1, false],
        [0x1234, true],
        [65_535, false],
      ] as const) {
        const bytes = publishBytes(message, packetId, dup, protocol);
        expect(Buffer.compare(bytes, reference(message, packetId, dup, protocol))).toBe(0);
      }
  });
});

test('what is written in one turn leaves in order, whatever its size', () => {
  const [written, sent]: [Buffer[], Buffer[]] = [[], []];
  const batch = new WriteBatch((bytes) => written.push(bytes));
  for (const [index, length] of [10, 65_530, 5, 70_000, 1, 40_000, 40_000, 3].entries()) {
    const message = encoded('t', String(index).repeat(length));
    writePublish(batch, message, index + 1, false, 5);
    batch.short(0x40, index + 1);
    sent.push(publishBytes(message, index + 1, false, 5), Buffer.from([0x40, 2, 0, index + 1]));
  }
  batch.flush();
  expect(Buffer.compare(Buffer.concat(written), Buffer.concat(sent))).toBe(0);
});
