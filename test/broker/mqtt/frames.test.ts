import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { Frames, MalformedPacket } from '../../../src/broker/mqtt/frames.ts';
import { PacketReader } from '../../../src/broker/mqtt/packet-reader.ts';
import type { IncomingMessage } from '../../../src/types.ts';

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

function reading(hold = false): Seen {
  const [messages, order, packets]: [IncomingMessage[], string[], Packet[]] = [[], [], []];
  const reader: PacketReader = new PacketReader(5, {
    epoch: () => 3,
    over: () => false,
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

describe('what is not MQTT', () => {
  const body = (...bytes: number[]) => Buffer.from(bytes);
  test.each<[string, Buffer]>([
    ['a length of five bytes', body(0x30, 0x80, 0x80, 0x80, 0x80, 0x01)],
    ['QoS 3', body(0x36, 5, 0, 1, 97, 0, 1)],
    ['a topic beyond the packet', body(0x30, 4, 0, 9, 97, 98)],
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
