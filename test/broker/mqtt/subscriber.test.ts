import type { Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import type { IncomingMessage } from '../../../src/types.ts';
import { connectionTo, openSubscriber, testBroker } from '../../support/broker-sessions.ts';
import { eventually } from '../../support/eventually.ts';
import { obliging, type Script, startScriptedBroker } from '../../support/scripted-broker.ts';

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

describe('wire order', () => {
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
    sink.subscriber.complete(5, 1);
    sink.subscriber.complete(6, 2);
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
