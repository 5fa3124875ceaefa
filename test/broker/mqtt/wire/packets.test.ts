import { describe, expect, test } from 'vitest';
import { Frames } from '../../../../src/broker/mqtt/wire/frames.ts';
import { messageFault, publishSize } from '../../../../src/broker/mqtt/wire/packets.ts';
import { MOST_USER_PROPERTIES, readPublish } from '../../../../src/broker/mqtt/wire/read-publish.ts';
import type { IncomingMessage, MessageProperties, MqttVersion, OutgoingMessage } from '../../../../src/types.ts';
import { encoded } from '../messages.ts';
import { publishBytes } from './publish-bytes.ts';

const all: MessageProperties = {
  contentType: 'text/plain; charset=utf-8',
  responseTopic: 'an/swer',
  correlationData: new Uint8Array([0, 255]),
  expiry: 7,
  userProperties: [
    ['ä', 'ö'],
    ['again', '1'],
    ['again', '2'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['10', 'names that look like numbers'],
    ['9', ''],
    ['again', ''],
    ['again', '3'],
    ['', ''],
    ['9', ''],
  ],
};

const samples: OutgoingMessage[] = [
  encoded('t', ''),
  encoded('töpic/€', 'x'.repeat(200), { qos: 2, retain: true }),
  encoded('t', 'x'.repeat(20_000), { qos: 0, properties: all }),
  encoded('t', 'x', { properties: all }),
];

describe.each([5, 4] as const)('protocol version %i', (protocol: MqttVersion) => {
  test.each(samples)('the size of a PUBLISH is that of its bytes, and it survives the wire', (message) => {
    const bytes = publishBytes(message, 77, false, protocol);
    expect(publishSize(message, protocol)).toBe(bytes.length);
    const frames = new Frames();
    frames.push(bytes);
    expect(frames.next()).toBe(true);
    const seen: IncomingMessage = readPublish(frames, protocol, 3);
    expect(frames.next()).toBe(false);
    const { topic, qos, retain: retained } = message;
    expect(seen).toMatchObject({ topic, qos, retained, dup: false, epoch: 3, packetId: qos === 0 ? 0 : 77 });
    expect(Buffer.compare(seen.payload, message.payload)).toBe(0);
    const { userProperties, ...rest } = seen.properties;
    const expected = protocol === 5 ? message.properties : { userProperties: [] };
    expect(userProperties).toEqual(expected.userProperties);
    if (protocol === 5 && message.properties === all)
      expect(rest).toMatchObject({ contentType: all.contentType, responseTopic: all.responseTopic, expiry: 7 });
    else expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([]);
  });
});

describe('messageFault', () => {
  const long = 'x'.repeat(65_536);
  test.each<[string, OutgoingMessage]>([
    ['+', encoded('a/+', '')],
    ['empty', encoded('', '')],
    ['content type', encoded('t', '', { properties: { contentType: long, userProperties: [] } })],
    ['response topic', encoded('t', '', { properties: { responseTopic: 'a/#', userProperties: [] } })],
    [
      'correlation data',
      encoded('t', '', { properties: { correlationData: Buffer.alloc(65_536), userProperties: [] } }),
    ],
    ['user property', encoded('t', '', { properties: { userProperties: [['k', long]] } })],
    ['expiry', encoded('t', '', { properties: { expiry: 1.5, userProperties: [] } })],
    ['expiry', encoded('t', '', { properties: { expiry: 2 ** 32, userProperties: [] } })],
    ['packet', { ...encoded('t', ''), payload: new Uint8Array(268_435_456) }],
  ])('names the %s', (what, message) => {
    expect(messageFault(message)).toContain(what);
  });

  test('finds nothing in what can be carried', () => {
    for (const message of samples) expect(messageFault(message)).toBeUndefined();
  });
});

test('no more user properties are kept of a message than a host has memory for, and it is known how many are not', () => {
  const [topic, more] = [Buffer.from([0, 1, 0x74]), 3];
  const pairs = Buffer.alloc(5 * (MOST_USER_PROPERTIES + more));
  for (let at = 0; at < pairs.length; at += 5) pairs[at] = 0x26;
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
  const body = Buffer.concat([topic, Buffer.from(varint(pairs.length)), pairs, Buffer.from('payload')]);
  const frames = new Frames();
  frames.push(Buffer.concat([Buffer.from([0x30, ...varint(body.length)]), body]));
  expect(frames.next()).toBe(true);
  const message = readPublish(frames, 5, 1);
  expect(message.properties.userProperties).toHaveLength(MOST_USER_PROPERTIES);
  expect(message.leftOut).toBe(more);
  expect(Buffer.from(message.payload).toString()).toBe('payload');
});
