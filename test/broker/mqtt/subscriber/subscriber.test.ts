import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import type { IncomingMessage } from '../../../../src/types.ts';
import { connectionTo, openSubscriber, testBroker } from '../../../support/broker-sessions.ts';
import { eventually } from '../../../support/eventually.ts';
import { obliging, type Script, startScriptedBroker } from '../../../support/scripted-broker.ts';

const publish = (messageId: number, qos: 0 | 1 | 2 = 1): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload: `${messageId}`,
  qos,
  messageId,
  retain: false,
  dup: false,
});

describe('CONNECT and SUBSCRIBE', () => {
  test('a kept session, its expiry, the window as receive maximum, rh 1', async () => {
    const scripted = await startScriptedBroker();
    const options = { sessionExpiry: 90_500, maxInFlight: 70, qos: 2 } as const;
    const sink = await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['a', 'b/#'], options).ready();
    const peer = await scripted.peer();
    expect(peer.connect).toMatchObject({
      clean: false,
      protocolVersion: 5,
      keepalive: 30,
      properties: { sessionExpiryInterval: 91, receiveMaximum: 70 },
    });
    expect(peer.of('subscribe')[0]?.subscriptions).toMatchObject([
      { topic: 'a', qos: 2, rh: 1 },
      { topic: 'b/#', qos: 2, rh: 1 },
    ]);
    await sink.subscriber.close({ endSession: true, timeout: 1000 });
    expect(peer.of('disconnect')).toMatchObject([{ properties: { sessionExpiryInterval: 0 } }]);
  });

  test('a clean session where there is no expiry', async () => {
    const scripted = await startScriptedBroker();
    await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['a'], { sessionExpiry: 0 }).ready();
    const { connect } = await scripted.peer();
    expect(connect).toMatchObject({ clean: true, properties: { sessionExpiryInterval: 0 } });
  });

  test('the end of a 3.1.1 session takes a second, clean connection', async () => {
    const scripted = await startScriptedBroker();
    const connection = connectionTo(scripted.port, { protocol: 4 });
    const sink = await openSubscriber(testBroker().broker, connection, ['a']).ready();
    await sink.subscriber.close({ endSession: true, timeout: 1000 });
    expect(scripted.peers.map(({ connect }) => connect.clean)).toEqual([false, true]);
    await eventually(() => scripted.peers.every(({ closed }) => closed));
  });
});

describe('what the broker grants', () => {
  test.each([
    [{ sharedSubscriptionAvailable: false }, '$share/g/t', /shared subscriptions/],
    [{ wildcardSubscriptionAvailable: false }, 't/#', /wildcards/],
    [{ maximumQoS: 0 }, 't', /QoS 0 at most/],
  ])('CONNACK with %j is fatal, before anything is subscribed', async (properties, filter, words) => {
    const scripted = await startScriptedBroker(obliging({ properties }));
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), [filter]);
    const error = await sink.error();
    expect(error).toMatchObject({ code: 'ERR_BROKER_GRANT' });
    expect(error.message).toMatch(words);
    expect((await scripted.peer()).of('subscribe')).toEqual([]);
  });

  test.each([
    [5, 0x87, /refused filter "t": not authorized/],
    [5, 0x9e, /shared subscriptions not supported/],
    [4, 0x80, /refused filter "t"/],
    [4, 0, /granted QoS 0 for filter "t", qos = 1/],
  ] as const)('SUBACK over version %i with %i is fatal', async (protocol, code, words) => {
    const script: Script = (packet, peer) => {
      if (packet.cmd !== 'subscribe') obliging()(packet, peer);
      else peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [code] });
    };
    const scripted = await startScriptedBroker(script);
    const error = await openSubscriber(testBroker().broker, connectionTo(scripted.port, { protocol }), ['t']).error();
    expect(error).toMatchObject({ code: 'ERR_BROKER_GRANT' });
    expect(error.message).toMatch(words);
  });

  test('a shorter session expiry is a warning, said once', async () => {
    const scripted = await startScriptedBroker(obliging({ properties: { sessionExpiryInterval: 10 } }));
    const around = testBroker();
    const sink = await openSubscriber(around.broker, connectionTo(scripted.port), ['t']).ready();
    (await scripted.peer()).destroy();
    await sink.ready(2);
    expect(around.of('notice')).toMatchObject([{ level: 'warn', text: expect.stringContaining('10 s only') }]);
  });
});

test('a message with more user properties than are kept is handed on, and that is said once', async () => {
  const scripted = await startScriptedBroker();
  const around = testBroker();
  const sink = await openSubscriber(around.broker, connectionTo(scripted.port), ['t']).ready();
  const peer = await scripted.peer();
  // An empty pair each: of 330,000 bytes, a multiple of 5, the length takes three.
  const pairs = Array.from({ length: 330_000 }, (_, at) => (at % 5 === 0 ? 0x26 : 0));
  for (const _ of [1, 2]) peer.raw([0x30, 0x96, 0x92, 0x14, 0, 1, 0x74, 0x90, 0x92, 0x14, ...pairs]);
  await sink.count(2);
  expect(sink.messages.map(({ properties }) => properties.userProperties.length)).toEqual([65_535, 65_535]);
  expect(around.of('notice')).toMatchObject([
    { level: 'warn', text: expect.stringContaining('65535 user properties') },
  ]);
});

describe('wire order', () => {
  test('a PUBLISH before CONNACK ends the connection, and is nowhere taken in', async () => {
    const scripted = await startScriptedBroker((packet, peer) => {
      if (packet.cmd === 'connect') peer.send(publish(1));
      obliging()(packet, peer);
    });
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']);
    const first = await scripted.peer();
    await eventually(() => first.closed);
    scripted.script = (packet, peer) => {
      obliging()(packet, peer);
      if (packet.cmd === 'subscribe') peer.send(publish(2));
    };
    await sink.count(1);
    expect(sink.messages.map(({ packetId }) => packetId)).toEqual([2]);
    await eventually(() => scripted.peers.at(-1)?.of('puback').length === 1);
  });

  test('a PUBLISH and a PUBREL that follow CONNACK in one read wait for connected', async () => {
    const script: Script = (packet, peer) => {
      obliging({ sessionPresent: true })(packet, peer);
      if (packet.cmd === 'connect') peer.send({ cmd: 'pubrel', messageId: 9 }, publish(1, 2), publish(2, 1));
    };
    const scripted = await startScriptedBroker(script);
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t'], { qos: 2 });
    await sink.count(2);
    expect(sink.calls).toEqual(['connecting', 'connected', 'released', 'message', 'message']);
    const peer = await scripted.peer();
    await eventually(() => peer.of('puback').length === 1);
    expect(peer.received.map(({ cmd }) => cmd)).toEqual(['connect', 'pubcomp', 'pubrec', 'puback']);
  });

  test('no more QoS 2 than the window is handed over from a broker that ignores the receive maximum', async () => {
    const scripted = await startScriptedBroker();
    const options = { qos: 2, maxInFlight: 3 } as const;
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t'], options);
    sink.onMessage = () => {};
    await sink.ready();
    const peer = await scripted.peer();
    peer.send(...Array.from({ length: 10 }, (_, i) => publish(i + 1, 2)));
    await sink.count(3);
    sink.onMessage = (message) => sink.subscriber.acknowledge(message);
    for (const message of [...sink.messages]) sink.subscriber.acknowledge(message);
    await eventually(() => peer.of('pubrec').length === 10);
    expect(peer.of('pubrec').map(({ messageId }) => messageId)).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    expect(scripted.peers).toHaveLength(1);
  });

  test('the acknowledgements of one turn leave in one batch', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']);
    sink.onMessage = () => {};
    await sink.ready();
    const peer = await scripted.peer();
    peer.send(...Array.from({ length: 50 }, (_, i) => publish(i + 1)));
    await sink.count(50);
    const before = peer.chunks;
    for (const message of sink.messages) sink.subscriber.acknowledge(message);
    await eventually(() => peer.of('puback').length === 50);
    expect(peer.chunks - before).toBe(1);
  });

  test('close does not wait for a broker whose goodbye lies unread behind held messages', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t'], { maxInFlight: 1 });
    sink.onMessage = () => {};
    await sink.ready();
    const peer = await scripted.peer();
    for (let id = 1; id <= 100; id++) peer.send({ ...publish(id), payload: 'x'.repeat(10_000) } as Packet);
    await sink.count(1);
    sink.subscriber.acknowledge((await sink.count(1))[0] as IncomingMessage);
    await sink.count(2);
    // Longer than the test may take.
    await sink.subscriber.close({ endSession: false, timeout: 120_000 });
    expect(peer.received.map(({ cmd }) => cmd)).toEqual(['connect', 'subscribe', 'puback', 'disconnect']);
    expect(sink.messages).toHaveLength(2);
  });

  test('complete on an old connection sends nothing', async () => {
    const scripted = await startScriptedBroker();
    const sink = await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t'], { qos: 2 }).ready();
    (await scripted.peer()).destroy();
    await sink.ready(2);
    sink.subscriber.complete(5, 1, true);
    sink.subscriber.complete(6, 2, true);
    const peer = await scripted.peer(1);
    await eventually(() => peer.of('pubcomp').length > 0);
    expect(peer.of('pubcomp').map(({ messageId }) => messageId)).toEqual([6]);
  });

  test('a sink that throws ends the session with an internal error, and nothing else', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']);
    sink.onMessage = () => {
      throw new Error('bug');
    };
    await sink.ready();
    (await scripted.peer()).send(publish(1));
    expect(await sink.error()).toMatchObject({ code: 'ERR_INTERNAL' });
  });
});

describe('the window', () => {
  test('a message leaves when its acknowledgement is written: one behind a stuck head counts', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t'], { maxInFlight: 4 });
    sink.onMessage = () => {};
    await sink.ready();
    const peer = await scripted.peer();
    peer.send(publish(1, 2), publish(2), publish(3), publish(0, 0), publish(4));
    const [head, second, third, unacknowledged] = (await sink.count(4)) as IncomingMessage[];
    for (const message of [third, second]) sink.subscriber.acknowledge(message as IncomingMessage);
    expect(sink.subscriber.inFlight.messages).toBe(4);
    expect(sink.messages).toHaveLength(4);
    sink.subscriber.acknowledge(unacknowledged as IncomingMessage);
    expect(sink.subscriber.inFlight.messages).toBe(4);
    expect(sink.texts()).toEqual(['1', '2', '3', '0', '4']);
    expect(sink.subscriber.crowded).toBe(true);
    sink.subscriber.acknowledge(head as IncomingMessage);
    expect(sink.subscriber.inFlight).toMatchObject({ messages: 1, bytes: 2 });
    expect(sink.subscriber.crowded).toBe(false);
    await eventually(() => peer.of('puback').length === 2);
    expect(peer.received.slice(2).map(({ cmd, messageId }) => [cmd, messageId])).toEqual([
      ['pubrec', 1],
      ['puback', 2],
      ['puback', 3],
    ]);
  });

  test('with its connection, what is done with leaves, and what is not stays until it is', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']);
    sink.onMessage = () => {};
    await sink.ready();
    const peer = await scripted.peer();
    peer.send(publish(1), publish(2), publish(3));
    const [first, second, third] = (await sink.count(3)) as [IncomingMessage, IncomingMessage, IncomingMessage];
    sink.subscriber.acknowledge(second);
    peer.destroy();
    await sink.ready(2);
    expect(sink.subscriber.inFlight.messages).toBe(2);
    for (const message of [first, second, third, third]) sink.subscriber.acknowledge(message);
    expect(sink.subscriber.inFlight).toMatchObject({ messages: 0, bytes: 0 });
    const next = await scripted.peer(1);
    next.send(publish(1));
    sink.subscriber.acknowledge((await sink.count(4))[3] as IncomingMessage);
    await eventually(() => next.of('puback').length === 1);
    expect(next.of('puback')).toHaveLength(1);
  });
});

test.each([
  [5, 0x92],
  [4, undefined],
] as const)('over version %i, PUBCOMP of an id that is not known has the reason %s', async (protocol, reason) => {
  const scripted = await startScriptedBroker();
  const connection = connectionTo(scripted.port, { protocol });
  const sink = await openSubscriber(testBroker().broker, connection, ['t'], { qos: 2 }).ready();
  const peer = await scripted.peer();
  peer.send({ cmd: 'pubrel', messageId: 1 });
  await eventually(() => peer.of('pubcomp').length === 1);
  sink.known = false;
  peer.send({ cmd: 'pubrel', messageId: 2 });
  await eventually(() => peer.of('pubcomp').length === 2);
  expect(peer.of('pubcomp').map(({ messageId }) => messageId)).toEqual([1, 2]);
  // The encoder leaves "success" out.
  expect(peer.of('pubcomp')[0]?.reasonCode ?? 0).toBe(0);
  expect(peer.of('pubcomp')[1]?.reasonCode).toBe(reason);
});

test('a flood at QoS 0 is counted and read past, not read, and what comes behind it comes', async () => {
  const scripted = await startScriptedBroker();
  const driver = testBroker();
  const sink = openSubscriber(driver.broker, connectionTo(scripted.port), ['t'], { maxInFlight: 1, qos: 1 });
  sink.onMessage = () => {};
  await sink.ready();
  const peer = await scripted.peer();
  const flood = Array.from({ length: 3_000 }, (_, index) => publish(index, 0));
  peer.send(publish(1, 0), ...flood);
  // Two with a topic alias, for which a connection is closed where they are read.
  for (let i = 0; i < 2; i++) peer.raw([0x30, 7, 0, 1, 97, 3, 0x23, 0, 1]);
  peer.send(publish(7));
  const dropped = () => driver.of('dropped').reduce((sum, { count }) => sum + count, 0);
  await eventually(() => dropped() >= 3_002);
  expect(dropped()).toBe(3_002);
  sink.subscriber.acknowledge(sink.messages[0] as IncomingMessage);
  const [, last] = await sink.count(2);
  expect([last?.qos, last?.packetId, sink.disconnects]).toEqual([1, 7, []]);
});

describe('sync', () => {
  /** Answers no pings by itself. */
  const silent: Script = (packet, peer) => {
    if (packet.cmd !== 'pingreq') obliging()(packet, peer);
  };

  async function session(options: Parameters<typeof openSubscriber>[3] = {}, keepalive = 30_000) {
    const scripted = await startScriptedBroker(silent);
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port, { keepalive }), ['t'], options);
    sink.onMessage = () => {};
    await sink.ready();
    return { scripted, sink, peer: await scripted.peer() };
  }

  test('is true once a PINGREQ sent then was answered, counting those before it', async () => {
    const { sink, peer } = await session({}, 200);
    await eventually(() => peer.of('pingreq').length >= 1);
    const pings = peer.of('pingreq').length;
    const synced = sink.subscriber.sync();
    const order: string[] = [];
    void synced.then(() => order.push('synced'));
    await eventually(() => peer.of('pingreq').length > pings);
    for (let i = 0; i < pings; i++) peer.send({ cmd: 'pingresp' });
    peer.send(publish(1));
    await sink.count(1);
    expect(order).toEqual([]);
    peer.send({ cmd: 'pingresp' });
    expect(await synced).toBe(true);
  });

  test('waits for a message that a full window holds back', async () => {
    const { sink, peer } = await session({ maxInFlight: 1 });
    const synced = sink.subscriber.sync();
    peer.send(publish(1), publish(2), { cmd: 'pingresp' });
    let done = false;
    void synced.then(() => {
      done = true;
    });
    const [first] = (await sink.count(1)) as [IncomingMessage];
    await eventually(() => peer.of('pingreq').length === 1);
    expect(done).toBe(false);
    sink.subscriber.acknowledge(first);
    expect(await synced).toBe(true);
    expect(sink.messages).toHaveLength(2);
  });

  test('is false where the connection ends first, and while there is none', async () => {
    const { sink, scripted, peer } = await session({ maxInFlight: 1 });
    const synced = [sink.subscriber.sync(), sink.subscriber.sync()];
    peer.send(publish(1), publish(2), { cmd: 'pingresp' });
    await sink.count(1);
    scripted.script = () => {};
    peer.destroy();
    expect(await Promise.all(synced)).toEqual([false, false]);
    expect(await sink.subscriber.sync()).toBe(false);
  });

  test('is false while a connection is up and the session not yet', async () => {
    const { sink, scripted, peer } = await session();
    const gate = Promise.withResolvers<void>();
    sink.beforeConnected = () => gate.promise;
    scripted.script = obliging({ sessionPresent: true });
    peer.destroy();
    await eventually(() => sink.connections.length === 2);
    expect(await sink.subscriber.sync()).toBe(false);
    gate.resolve();
    await sink.ready(2);
    expect(await sink.subscriber.sync()).toBe(true);
  });
});
