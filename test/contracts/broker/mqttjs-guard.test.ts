import { connect, type Packet } from 'mqtt';
import { expect, test } from 'vitest';
import { toIncoming, toPublish } from '../../../src/broker/mqtt/packets.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { obliging, startScriptedBroker } from '../../support/scripted-broker.ts';

/**
 * The driver rests on behaviour of mqtt.js that its documentation does not promise: what a listener of 'packetreceive'
 * changes in a packet, mqtt.js takes as received. These tests use mqtt.js alone, so that a new version of it that
 * behaves otherwise fails here, by name.
 */
const script = obliging();

async function session(onPacket: (packet: Packet) => void, protocolVersion: 4 | 5, receiveMaximum = 2) {
  const broker = await startScriptedBroker(script);
  const client = connect(`mqtt://127.0.0.1:${broker.port}`, {
    protocolVersion,
    clientId: 'guard',
    reconnectPeriod: 0,
    timerVariant: { set: () => 0, clear: () => {} },
    keepalive: 1,
    ...(protocolVersion === 5 ? { properties: { receiveMaximum } } : {}),
  });
  atEnd(() => client.stream.destroy());
  client.on('packetreceive', onPacket);
  return { client, peer: await broker.peer() };
}

const publish = (messageId: number, qos: 0 | 1 | 2): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload: `${messageId}`,
  qos,
  messageId,
  retain: false,
  dup: false,
});

/** Whatever mqtt.js would send for the packets before has been sent when its answer to this one has come. */
async function settled(peer: Awaited<ReturnType<typeof session>>['peer']): Promise<void> {
  peer.send({ cmd: 'publish', topic: 'end', payload: '', qos: 1, messageId: 999, retain: false, dup: false });
  await eventually(() => peer.of('puback').some(({ messageId }) => messageId === 999));
}

test.each([4, 5] as const)(
  'a PUBLISH relabelled as QoS 0 is neither acknowledged nor counted (%i)',
  async (version) => {
    const seen: string[] = [];
    const { client, peer } = await session((packet) => {
      if (packet.cmd === 'publish' && packet.topic === 't') packet.qos = 0;
    }, version);
    client.handleMessage = ({ payload }, done) => {
      seen.push(payload.toString());
      done();
    };
    peer.send(publish(1, 1), publish(2, 2), publish(3, 2), publish(4, 2), publish(5, 2));
    await settled(peer);
    expect(seen.slice(0, 5)).toEqual(['1', '2', '3', '4', '5']);
    expect(peer.received.map(({ cmd }) => cmd)).toEqual(['connect', 'puback']);
    expect(client.connected).toBe(true);
  },
);

test.each([4, 5] as const)('a PUBREL relabelled as PINGRESP gets no PUBCOMP (%i)', async (version) => {
  const { peer } = await session((packet) => {
    if (packet.cmd === 'pubrel') (packet as Packet).cmd = 'pingresp';
  }, version);
  peer.send({ cmd: 'pubrel', messageId: 7, reasonCode: 0 });
  await settled(peer);
  expect(peer.of('pubcomp')).toEqual([]);
});

test.each([4, 5] as const)('acknowledgements of ids that mqtt.js does not know are ignored (%i)', async (version) => {
  const { client, peer } = await session(() => {}, version);
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  for (const cmd of ['puback', 'pubrec', 'pubcomp'] as const) peer.send({ cmd, messageId: 5, reasonCode: 0 });
  peer.send({ cmd: 'suback', messageId: 5, granted: [0] }, { cmd: 'unsuback', messageId: 5, granted: [0] });
  await settled(peer);
  expect(errors).toEqual([]);
  expect(peer.received.map(({ cmd }) => cmd)).toEqual(['connect', 'puback']);
});

test.each([4, 5] as const)(
  'a held handleMessage holds reading, and the inert timer never ends the link (%i)',
  async (v) => {
    const { client, peer } = await session(() => {}, v);
    const held: (() => void)[] = [];
    const seen: string[] = [];
    client.handleMessage = ({ payload }, done) => {
      seen.push(payload.toString());
      held.push(done);
    };
    peer.send(publish(1, 0), publish(2, 0));
    await eventually(() => seen.length === 1);
    expect(client.keepaliveManager.keepalive).toBe(1000);
    expect(peer.connect.keepalive).toBe(1);
    held.shift()?.();
    await eventually(() => seen.length === 2);
    expect(peer.of('pingreq')).toEqual([]);
  },
);

test('the parser of mqtt.js notes user properties in the order and the number in which they were sent', async () => {
  const pairs = [
    ['b', ''],
    ['2', 'x'],
    ['b', 'y'],
    ['1', ''],
    ['b', ''],
  ] as const;
  const seen: unknown[] = [];
  const { peer } = await session((packet) => {
    if (packet.cmd === 'publish' && packet.topic === 't') seen.push(toIncoming(packet, 1).properties.userProperties);
  }, 5);
  const message = { topic: 't', payload: Buffer.alloc(0), qos: 0, retain: false } as const;
  for (const sent of [pairs, pairs.toReversed()])
    peer.send(toPublish({ ...message, properties: { userProperties: sent } }, 0, false, 5));
  await settled(peer);
  expect(seen).toEqual([pairs, pairs.toReversed()]);
});
