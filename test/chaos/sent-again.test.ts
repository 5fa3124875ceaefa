import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { PacketHeads } from './packet-heads.ts';
import { SentAgain } from './sent-again.ts';

const publish = (messageId: number, dup: boolean): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload: 'x',
  qos: 2,
  retain: false,
  messageId,
  dup,
});
const pubrel = (messageId: number): Packet => ({ cmd: 'pubrel', messageId, reasonCode: 0 });

function countOf(...packets: Packet[]): number {
  const sentAgain = new SentAgain();
  const heads = new PacketHeads((head) => sentAgain.fromBroker('c', head));
  for (const packet of packets) heads.push(generate(packet));
  return sentAgain.count;
}

describe('what a broker sends again', () => {
  test('counts after its PUBREL', () => {
    expect(countOf(publish(1, false), pubrel(1), publish(1, true), pubrel(1), publish(1, true))).toBe(2);
  });

  test.each([
    ['before its PUBREL', [publish(1, false), publish(1, true)]],
    ['where the packet id has a new message', [pubrel(1), publish(1, false), publish(1, true)]],
    ['as a PUBREL', [publish(1, false), pubrel(1), pubrel(1)]],
    ['with another packet id', [publish(1, false), pubrel(1), publish(2, true)]],
  ])('does not count %s', (_, packets) => expect(countOf(...packets)).toBe(0));
});

test.each([4, 5] as const)('a connection is told by its client id (%i)', (protocolVersion) => {
  const found: string[] = [];
  const heads = new PacketHeads(
    () => {},
    (clientId) => found.push(clientId),
  );
  const properties = { userProperties: { long: 'x'.repeat(200) } };
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion, clientId: 'sensor-é', clean: true } as const;
  const bytes = generate({ ...connect, keepalive: 1, properties }, { protocolVersion });
  heads.push(bytes.subarray(0, 20));
  heads.push(bytes.subarray(20));
  expect(found).toEqual(['sensor-é']);
});
