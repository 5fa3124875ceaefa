import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { Frames, MalformedPacket } from '../../../../src/broker/mqtt/wire/frames.ts';
import { PacketReader } from '../../../../src/broker/mqtt/wire/packet-reader.ts';
import type { IncomingMessage } from '../../../../src/types.ts';

function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

const message = (qos: 0 | 1 | 2, payload: string): Packet => ({
  cmd: 'publish',
  topic: 'töpic',
  payload,
  qos,
  messageId: 7,
  retain: false,
  dup: qos > 0,
  properties: { contentType: 'text/plain', userProperties: { name: 'välue', other: ['1', '2'] } },
});

const PACKETS: readonly Packet[] = [
  { cmd: 'connack', sessionPresent: true, reasonCode: 0, properties: { receiveMaximum: 20 } },
  message(0, ''),
  { cmd: 'suback', messageId: 1, granted: [2, 0x87] },
  message(2, 'x'.repeat(300)),
  { cmd: 'pubrel', messageId: 7, reasonCode: 0 },
  { cmd: 'puback', messageId: 258, reasonCode: 0x97 },
  { cmd: 'pubrec', messageId: 259, reasonCode: 0x83, properties: { reasonString: 'no' } },
  message(1, 'y'.repeat(20_000)),
  { cmd: 'pubcomp', messageId: 65_535, reasonCode: 0 },
  { cmd: 'pingresp' },
  { cmd: 'disconnect', reasonCode: 0x8e },
];

const BYTES = Buffer.concat(PACKETS.map((packet) => generate(packet, { protocolVersion: 5 })));

interface Seen {
  readonly messages: IncomingMessage[];
  readonly order: string[];
  readonly packets: Packet[];
  readonly reader: PacketReader;
}

function reading(hold = false, drops = () => false): Seen {
  const [messages, order, packets]: [IncomingMessage[], string[], Packet[]] = [[], [], []];
  const reader: PacketReader = new PacketReader(5, {
    epoch: () => 3,
    over: () => false,
    drops,
    publish: (taken) => {
      messages.push(taken);
      order.push('publish');
      if (!hold) reader.release();
    },
    packet: (packet) => {
      packets.push(packet);
      order.push(packet.cmd);
    },
  });
  return { messages, order, packets, reader };
}

const IN_ORDER = PACKETS.map(({ cmd }) => cmd);

describe('packets', () => {
  test.each([1, 2, 3, 7, 64, 1000, BYTES.length])('are the same however the network cuts them (%i bytes)', (size) => {
    const { order, messages, packets, reader } = reading();
    for (let at = 0; at < BYTES.length; at += size) reader.push(BYTES.subarray(at, at + size));
    expect(order).toEqual(IN_ORDER);
    expect(messages.map(({ payload }) => payload.length)).toEqual([0, 300, 20_000]);
    for (const [index, { topic, qos, dup, packetId, epoch, properties }] of messages.entries()) {
      expect({ topic, dup, epoch }).toEqual({ topic: 'töpic', dup: index > 0, epoch: 3 });
      expect([qos, packetId]).toEqual(
        [
          [0, 0],
          [2, 7],
          [1, 7],
        ][index],
      );
      expect(properties).toMatchObject({ contentType: 'text/plain', expiry: undefined });
      expect(properties.userProperties).toEqual([
        ['name', 'välue'],
        ['other', '1'],
        ['other', '2'],
      ]);
    }
    const found = packets.map((packet) => [
      packet.cmd,
      packet.messageId,
      (packet as { reasonCode?: number }).reasonCode,
    ]);
    expect(found.filter(([cmd]) => String(cmd).startsWith('pub'))).toEqual([
      ['pubrel', 7, 0],
      ['puback', 258, 0x97],
      ['pubrec', 259, 0x83],
      ['pubcomp', 65_535, 0],
    ]);
    expect(packets[0]).toMatchObject({ sessionPresent: true, properties: { receiveMaximum: 20 } });
    expect(packets[1]).toMatchObject({ messageId: 1, granted: [2, 0x87] });
  });

  test('come after a message only when its taker says so', () => {
    const { order, reader } = reading(true);
    reader.push(BYTES);
    expect(order).toEqual(['connack', 'publish']);
    expect(reader.held).toBe(true);
    expect(reader.release()).toBe(false);
    reader.read();
    expect(order).toEqual(['connack', 'publish', 'suback', 'publish']);
  });
});

describe('what is thrown away', () => {
  const publish = (qos: 0 | 1 | 2, retain = false, dup = false) =>
    generate({ cmd: 'publish', topic: 't', payload: 'x', qos, messageId: 5, retain, dup }, { protocolVersion: 4 });

  test('is told by its first byte: QoS 0 alone, and what comes behind it is read', () => {
    let asked = 0;
    const { messages, order, reader } = reading(false, () => ++asked > 0);
    const malformed = Buffer.from([0x30, 7, 0, 1, 97, 3, 0x23, 0, 1]);
    // On MQTT 5: their payload is the property length and more.
    const others = ([1, 2] as const).map((qos) => Buffer.concat([Buffer.from([0x30 + qos * 2, 6, 0, 1, 97, 0, 5, 0])]));
    const bytes = [publish(0), publish(0, true), malformed, ...others, publish(0), generate({ cmd: 'pingresp' })];
    const all = Buffer.concat(bytes);
    for (const part of [all.subarray(0, 9), all.subarray(9)]) reader.push(part);
    expect([messages.map(({ qos }) => qos), order.at(-1), asked]).toEqual([[1, 2], 'pingresp', 4]);
  });

  test('is asked for one by one', () => {
    const answers = [true, false, true];
    const { messages, reader } = reading(false, () => answers.shift() === true);
    const at = (text: string) => Buffer.from([0x30, 5, 0, 1, 97, 0, text.charCodeAt(0)]);
    reader.push(Buffer.concat(['1', '2', '3'].map(at)));
    expect([messages.map(({ payload }) => `${Buffer.from(payload)}`), answers]).toEqual([['2'], []]);
  });
});

describe('what is held of a message holds nothing else', () => {
  const packet = (topic: string, payload: number, value = '') =>
    generate(
      {
        cmd: 'publish',
        topic,
        payload: Buffer.alloc(payload),
        qos: 0,
        retain: false,
        dup: false,
        properties: { userProperties: { value } },
      },
      { protocolVersion: 5 },
    );

  test.each([1_000, 65_536])('a small one behind a large one (pieces of %i bytes)', (size) => {
    const bytes = Buffer.concat([packet('large', 1_000_000), packet('small', 1), packet('small', 1)]);
    const { messages, reader } = reading();
    for (let at = 0; at < bytes.length; at += size) reader.push(Buffer.from(bytes.subarray(at, at + size)));
    expect(messages.map(({ payload }) => payload.length)).toEqual([1_000_000, 1, 1]);
    for (const { payload } of messages.slice(1)) expect(payload.buffer.byteLength).toBeLessThan(100_000);
  });

  test('a small one that comes in pieces', () => {
    const bytes = packet('small', 1);
    const { messages, reader } = reading();
    for (const byte of bytes) reader.push(Buffer.from([byte]));
    expect(messages.map(({ payload }) => payload.buffer.byteLength)).toEqual([bytes.length]);
  });

  test('topics, which are remembered', () => {
    const topics: string[] = [];
    const before = heap();
    for (let index = 0; index < 200; index++) {
      const { messages, reader } = reading();
      reader.push(packet(`a/rather/long/topic/${index}`, 1, 'v'.repeat(50_000)));
      topics.push(...messages.map(({ topic }) => topic));
    }
    expect(topics.length).toBe(200);
    expect(heap() - before).toBeLessThan(2_000_000);
  });
});

describe('what is not MQTT', () => {
  const body = (...bytes: number[]) => Buffer.from(bytes);
  test.each<[string, Buffer]>([
    ['a length of five bytes', body(0x30, 0x80, 0x80, 0x80, 0x80, 0x01)],
    ['QoS 3', body(0x36, 5, 0, 1, 97, 0, 1)],
    ['a topic beyond the packet', body(0x30, 4, 0, 9, 97, 98)],
    ['no topic', body(0x30, 3, 0, 0, 0)],
    ['a topic alias', body(0x30, 7, 0, 1, 97, 3, 0x23, 0, 1)],
    ['no packet id', body(0x32, 3, 0, 1, 97)],
    ['the packet id 0', body(0x32, 6, 0, 1, 97, 0, 0, 0)],
    ['properties beyond the packet', body(0x30, 4, 0, 1, 97, 5)],
    ['a property beyond the properties', body(0x30, 9, 0, 1, 97, 3, 0x03, 0, 2, 98, 98)],
    ['an unknown property', body(0x30, 6, 0, 1, 97, 2, 0x7f, 0)],
    ['a property of another packet', body(0x30, 6, 0, 1, 97, 2, 0x24, 1)],
    ['a packet of no type', body(0x00, 0)],
  ])('is refused: %s', (_what, bytes) => {
    expect(() => reading().reader.push(bytes)).toThrow(MalformedPacket);
  });

  test('an empty buffer is no packet', () => {
    const frames = new Frames();
    expect(frames.next()).toBe(false);
    frames.push(Buffer.alloc(0));
    expect(frames.next()).toBe(false);
  });
});
