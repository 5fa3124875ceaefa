import { connect } from 'mqtt';
import { expect, test } from 'vitest';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { obliging, startScriptedBroker } from '../../support/scripted-broker.ts';

/**
 * The driver rests on behaviour of mqtt.js that its documentation does not promise: a client whose stream was taken from
 * it sends its CONNECT, and from then on reads, answers and times nothing. These tests use mqtt.js alone, so that a new
 * version of it that behaves otherwise fails here, by name.
 */
const script = obliging();

async function session(protocolVersion: 4 | 5) {
  const broker = await startScriptedBroker(script);
  const client = connect(`mqtt://127.0.0.1:${broker.port}`, {
    protocolVersion,
    clientId: 'guard',
    reconnectPeriod: 0,
    connectTimeout: 2 ** 31 - 1,
    timerVariant: { set: () => 0, clear: () => {} },
    keepalive: 1,
  });
  atEnd(() => client.stream.destroy());
  const events: string[] = [];
  for (const event of ['connect', 'packetreceive', 'message', 'error', 'close'] as const)
    client.on(event, () => events.push(event));
  client.stream.unpipe();
  const chunks: Buffer[] = [];
  client.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  client.stream.resume();
  return { client, peer: await broker.peer(), events, chunks };
}

test.each([4, 5] as const)('a client without its stream sees and answers nothing (%i)', async (version) => {
  const { client, peer, events, chunks } = await session(version);
  await eventually(() => chunks.length > 0);
  const message = { cmd: 'publish', topic: 't', payload: 'x', retain: false, dup: false } as const;
  peer.send({ ...message, qos: 1, messageId: 1 }, { ...message, qos: 2, messageId: 2 });
  peer.send({ cmd: 'pubrel', messageId: 2, reasonCode: 0 }, { cmd: 'puback', messageId: 5, reasonCode: 0 });
  const before = chunks.length;
  await eventually(() => chunks.length > before);
  // What it would send by itself comes before what is written to its stream now.
  client.stream.write(Buffer.from([0xc0, 0]));
  await eventually(() => peer.of('pingreq').length > 0);
  expect(peer.received.map(({ cmd }) => cmd)).toEqual(['connect', 'pingreq']);
  expect(peer.connect).toMatchObject({ clientId: 'guard', keepalive: 1 });
  expect(events).toEqual([]);
});

test.each([4, 5] as const)('it still says when its stream closes (%i)', async (version) => {
  const { client, events, chunks } = await session(version);
  await eventually(() => chunks.length > 0);
  client.stream.destroy();
  await eventually(() => events.includes('close'));
  expect(events).toEqual(['close']);
});
