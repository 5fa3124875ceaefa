import type { MqttClient } from 'mqtt';
import { beforeAll, expect, test } from 'vitest';
import type { IncomingMessage, MqttVersion, QoS } from '../../../src/types.ts';
import { connectionTo, fresh, openSubscriber, testBroker } from '../../support/broker-sessions.ts';
import { eventually } from '../../support/eventually.ts';
import { connectClient, publish } from '../../support/mqtt-client.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';

export interface BrokerUnderTest {
  readonly protocol: MqttVersion;
  /** Starts it until the end of the file; resolves with the port of its plain listener. */
  readonly start: () => Promise<number>;
  /** Exact QoS 2 over reconnects. */
  readonly keepsQos2: boolean;
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

/** What every MQTT broker must do for a subscriber on the wire, and the subscriber for it; see also `sessions-suite.ts`. */
export function subscriberSuite({ protocol, start }: BrokerUnderTest): void {
  let port: number;
  let client: MqttClient;
  const { broker, of } = testBroker();

  beforeAll(async () => {
    port = await start();
    client = await connectClient(`mqtt://127.0.0.1:${port}`, { protocolVersion: protocol });
  });

  const to = (proxy?: TestProxy, keepalive = 30_000) => connectionTo(proxy?.port ?? port, { protocol, keepalive });
  const sendAll = async (topic: string, count: number, qos: QoS = 1) => {
    for (const text of numbered(count)) await publish(client, topic, text, { qos });
  };

  test.each([1, 2] as const)('QoS %i is acknowledged in arrival order, whatever order it is done in', async (qos) => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    const sink = openSubscriber(broker, to(proxy), [topic], { qos });
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 3, qos);
    const [first, second, third] = (await sink.count(3)) as [IncomingMessage, IncomingMessage, IncomingMessage];
    const acks = () => proxy.taps[0]?.sent.filter(({ cmd }) => cmd === 'puback' || cmd === 'pubrec') ?? [];
    sink.subscriber.acknowledge(third);
    sink.subscriber.acknowledge(second);
    await sendAll(topic, 1, 0);
    await sink.count(4);
    expect(acks()).toEqual([]);
    sink.subscriber.acknowledge(first);
    await eventually(() => acks().length === 3);
    expect(acks().map(({ messageId }) => messageId)).toEqual([first, second, third].map(({ packetId }) => packetId));
  });

  test('what is not acknowledged comes again on the next connection, where an old acknowledgement counts for nothing', async () => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    const sink = openSubscriber(broker, to(proxy), [topic]);
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 1);
    const [stale] = (await sink.count(1)) as [IncomingMessage];
    proxy.cut();
    const [, again] = (await sink.count(2)) as [IncomingMessage, IncomingMessage];
    expect(again).toMatchObject({ topic, qos: 1, epoch: 2 });
    expect(sink.connections[1]).toMatchObject({ epoch: 2, sessionPresent: true });
    expect(sink.calls.filter((call) => call !== 'message')).toEqual([
      'connecting',
      'connected',
      'subscribed',
      'disconnected',
      'connecting',
      'connected',
    ]);
    const pubacks = () => proxy.taps[1]?.sent.filter(({ cmd }) => cmd === 'puback') ?? [];
    sink.subscriber.acknowledge(stale);
    await sendAll(topic, 1);
    const messages = await sink.count(3);
    expect(pubacks()).toEqual([]);
    sink.subscriber.acknowledge(again);
    sink.subscriber.acknowledge(messages[2] as IncomingMessage);
    await eventually(() => pubacks().length === 2);
  });

  test('a resumed session is not subscribed again, and gets a retained message once', async () => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    await publish(client, topic, 'kept', { retain: true });
    const sink = await openSubscriber(broker, to(proxy), [topic]).ready();
    await sink.count(1);
    expect(sink.messages[0]?.retained).toBe(true);
    proxy.cut();
    await sink.ready(2);
    await sendAll(topic, 1);
    await sink.count(2);
    expect(sink.texts()).toEqual(['kept', 'm0']);
    expect(sink.subscriptions).toHaveLength(1);
    expect(proxy.taps[1]?.sent.filter(({ cmd }) => cmd === 'subscribe')).toEqual([]);
    await publish(client, topic, '', { retain: true });
  });

  test('filters that a resumed session should not have are unsubscribed, and missing ones subscribed', async () => {
    const [gone, kept, added] = [fresh('gone'), fresh('kept'), fresh('added')];
    const proxy = await startProxy(port);
    const sink = await openSubscriber(broker, to(proxy), [gone, kept]).ready();
    sink.onResume = { unsubscribe: [gone], subscribe: [added] };
    proxy.cut();
    await eventually(() => sink.subscriptions.length === 2);
    expect(sink.subscriptions[1]).toEqual({ filters: [added], granted: [1] });
    for (const topic of [gone, kept, added]) await publish(client, topic, topic);
    await sink.count(2);
    await publish(client, kept, 'last');
    await sink.count(3);
    expect(sink.texts()).toEqual([kept, added, 'last']);
  });

  test('a full window holds the rest back while pings keep the connection alive', async () => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    const sink = openSubscriber(broker, to(proxy, 400), [topic], { maxInFlight: 3 });
    sink.onMessage = () => {};
    await sink.ready();
    // More than the stream buffers, so that even PINGRESP lies unread.
    const texts = numbered(12).map((text) => text.padEnd(30_000));
    for (const text of texts) await publish(client, topic, text);
    await sink.count(3);
    const pings = () => proxy.taps[0]?.sent.filter(({ cmd }) => cmd === 'pingreq').length ?? 0;
    await eventually(() => pings() >= 8);
    expect(sink.messages).toHaveLength(3);
    expect(sink.connections).toHaveLength(1);
    sink.onMessage = (message) => sink.subscriber.acknowledge(message);
    for (const message of [...sink.messages]) sink.subscriber.acknowledge(message);
    await sink.count(12);
    expect(sink.texts()).toEqual(texts);
    expect(sink.connections).toHaveLength(1);
  });

  test('pause holds back until resume', async () => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    const sink = await openSubscriber(broker, to(proxy, 400), [topic]).ready();
    sink.subscriber.pause();
    await sendAll(topic, 5);
    const pings = () => proxy.taps[0]?.sent.filter(({ cmd }) => cmd === 'pingreq').length ?? 0;
    await eventually(() => pings() >= 5);
    expect(sink.messages).toEqual([]);
    sink.subscriber.resume();
    await sink.count(5);
    expect(sink.connections).toHaveLength(1);
  });

  test('nothing is handed on before connected has resolved', async () => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    const sink = openSubscriber(broker, to(proxy), [topic]);
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 3);
    await sink.count(3);
    const gate = Promise.withResolvers<void>();
    sink.beforeConnected = () => gate.promise;
    proxy.cut();
    await eventually(() => proxy.taps[1]?.received.some(({ cmd }) => cmd === 'publish') === true);
    expect(sink.messages).toHaveLength(3);
    gate.resolve();
    await sink.count(6);
    expect(sink.texts().slice(3)).toEqual(numbered(3));
  });

  test('after stopIntake nothing new comes or is acknowledged, and what is done still is', async () => {
    const topic = fresh('t');
    const proxy = await startProxy(port);
    const clientId = fresh('sub');
    const sink = openSubscriber(broker, to(proxy), [topic], { clientId });
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 1);
    const [first] = (await sink.count(1)) as [IncomingMessage];
    sink.subscriber.stopIntake();
    await publish(client, topic, 'later');
    await eventually(() => proxy.taps[0]?.received.filter(({ cmd }) => cmd === 'publish').length === 2);
    sink.subscriber.acknowledge(first);
    await sink.subscriber.close({ endSession: false, timeout: 2000 });
    expect(sink.messages).toHaveLength(1);
    const back = await openSubscriber(broker, to(), [topic], { clientId }).ready();
    await back.count(1);
    expect(back.texts()).toEqual(['later']);
  });

  test('connected and disconnected are reported', async () => {
    const proxy = await startProxy(port);
    const clientId = fresh('sub');
    const sink = await openSubscriber(broker, to(proxy), [fresh('t')], { clientId }).ready();
    proxy.cut();
    await sink.ready(2);
    const mine = of('connected').filter((status) => status.clientId === clientId);
    expect(mine).toMatchObject([
      { binding: 'b0', role: 'subscriber', broker: `mqtt://127.0.0.1:${proxy.port}`, protocol, resumed: false },
      { resumed: true },
    ]);
    expect(of('disconnected').at(-1)).toMatchObject({ reason: sink.disconnects[0] });
  });
}
