import { beforeAll, expect, test } from 'vitest';
import type { Broker } from '../../../src/broker.ts';
import type { ConnectionOptions, IncomingMessage, MqttVersion, QoS } from '../../../src/types.ts';
import { fresh, openPublisher, openSubscriber, outgoing } from '../../support/broker-sessions.ts';
import { eventually } from '../../support/eventually.ts';
import { journaled } from './journaled.ts';

/** A broker as its other clients see it. */
export interface Peer {
  readonly connection: ConnectionOptions;
  publish(topic: string, text: string, settings?: { readonly qos?: QoS; readonly retain?: boolean }): Promise<void>;
  /** Subscribes; then what came, as text. */
  collect(filter: string, qos: QoS): Promise<{ texts(): string[]; until(count: number): Promise<unknown> }>;
}

export interface SessionsUnderTest {
  readonly broker: Broker;
  readonly protocol: MqttVersion;
  readonly qualities: readonly QoS[];
  /** Exact QoS 2 over reconnects. */
  readonly keepsQos2: boolean;
  /** Starts it until the end of the file. */
  start(): Promise<Peer>;
}

const OK = { ok: true, value: undefined };
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

/** What the sessions of every driver do, whatever they speak: the port alone is used, and nothing is cut. */
export function sessionsSuite({ broker, protocol, qualities, keepsQos2, start }: SessionsUnderTest): void {
  let peer: Peer;

  beforeAll(async () => {
    peer = await start();
  });

  const to = () => peer.connection;
  const sendAll = async (topic: string, count: number, qos: QoS = 1) => {
    for (const text of numbered(count)) await peer.publish(topic, text, { qos });
  };
  /** With an outbox in a real journal. */
  const open = async () => {
    const { clientId, outbox } = await journaled();
    return openPublisher(broker, to(), { clientId, outbox });
  };

  test.each(qualities)('QoS %i arrives once, in order', async (qos) => {
    const topic = fresh('t');
    const sink = await openSubscriber(broker, to(), [topic], { qos }).ready();
    await sendAll(topic, 40, qos);
    await sink.count(40);
    expect(sink.texts()).toEqual(numbered(40));
    expect(sink.messages.every((message) => message.qos === qos && !message.dup && message.epoch === 1)).toBe(true);
    if (qos === 2) await eventually(() => sink.releases.length === 40);
    expect(sink.subscriptions).toEqual([{ filters: [topic], granted: [qos] }]);
    expect(sink.connections).toMatchObject([{ epoch: 1, sessionPresent: false, protocol }]);
  });

  test('a shared subscription gives each message to one member, and some to each', async () => {
    const topic = fresh('t');
    const filter = `$share/${fresh('g')}/${topic}`;
    const [one, two] = [openSubscriber(broker, to(), [filter]), openSubscriber(broker, to(), [filter])];
    await Promise.all([one.ready(), two.ready()]);
    await sendAll(topic, 40);
    await eventually(() => one.messages.length + two.messages.length >= 40);
    expect([...one.texts(), ...two.texts()].sort()).toEqual(numbered(40).sort());
    expect(Math.min(one.messages.length, two.messages.length)).toBeGreaterThan(5);
  });

  test('the window counts bytes too, and lets one larger message through alone', async () => {
    const topic = fresh('t');
    const sink = openSubscriber(broker, to(), [topic], { maxBytesInFlight: 1000 });
    sink.onMessage = () => {};
    await sink.ready();
    for (const size of [400, 400, 5000, 10]) await peer.publish(topic, 'x'.repeat(size));
    await sink.count(2);
    sink.subscriber.acknowledge(sink.messages[0] as IncomingMessage);
    expect(sink.messages).toHaveLength(2);
    sink.subscriber.acknowledge(sink.messages[1] as IncomingMessage);
    await sink.count(3);
    sink.subscriber.acknowledge(sink.messages[2] as IncomingMessage);
    await sink.count(4);
  });

  test('unsubscribe ends a filter, and the session goes on', async () => {
    const [gone, kept] = [fresh('gone'), fresh('kept')];
    const sink = await openSubscriber(broker, to(), [gone, kept]).ready();
    await sink.subscriber.unsubscribe([gone]);
    await peer.publish(gone, 'no');
    await peer.publish(kept, 'yes');
    await sink.count(1);
    expect(sink.texts()).toEqual(['yes']);
  });

  test('after unsubscribe and sync, everything that the broker had for the session was handed over', async () => {
    const topic = fresh('t');
    const sink = openSubscriber(broker, to(), [topic], { qos: 1 });
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 15);
    await sink.subscriber.unsubscribe([topic]);
    expect(await sink.subscriber.sync()).toBe(true);
    expect(sink.texts()).toEqual(numbered(15));
    expect(sink.subscriber.inFlight.messages).toBe(15);
    for (const message of sink.messages) sink.subscriber.acknowledge(message);
    expect(sink.subscriber.inFlight.messages).toBe(0);
  });

  test.each([
    { endSession: false, sessionExpiry: 60_000, present: true },
    { endSession: true, sessionExpiry: 60_000, present: false },
    { endSession: false, sessionExpiry: 0, present: false },
  ])('close, endSession $endSession, session_expiry $sessionExpiry: session present $present', async (how) => {
    const { endSession, sessionExpiry, present } = how;
    const options = { clientId: fresh('sub'), sessionExpiry };
    const sink = await openSubscriber(broker, to(), [fresh('t')], options).ready();
    await sink.subscriber.close({ endSession, timeout: 5000 });
    expect(sink.subscriber.online).toBe(false);
    const back = await openSubscriber(broker, to(), [fresh('t')], options).ready();
    expect(back.connections[0]?.sessionPresent).toBe(present);
  });

  test('what was not acknowledged comes again to whoever resumes the session, before what is new, with DUP', async () => {
    const topic = fresh('t');
    const clientId = fresh('sub');
    const sink = openSubscriber(broker, to(), [topic], { clientId });
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 3);
    const [first, second, third] = (await sink.count(3)) as [IncomingMessage, IncomingMessage, IncomingMessage];
    sink.subscriber.acknowledge(first);
    await sink.subscriber.close({ endSession: false, timeout: 5000 });
    await peer.publish(topic, 'later');
    const back = await openSubscriber(broker, to(), [topic], { clientId }).ready();
    await back.count(3);
    expect(back.texts()).toEqual(['m1', 'm2', 'later']);
    expect(back.messages.map(({ dup }) => dup)).toEqual([true, true, false]);
    expect(back.messages.slice(0, 2).map(({ packetId }) => packetId)).toEqual([second.packetId, third.packetId]);
    expect(back.subscriptions).toEqual([]);
  });

  test('a window of messages holds the rest back', async () => {
    const topic = fresh('t');
    const sink = openSubscriber(broker, to(), [topic], { maxInFlight: 3 });
    sink.onMessage = () => {};
    await sink.ready();
    await sendAll(topic, 8);
    await sink.count(3);
    expect(sink.subscriber.inFlight.messages).toBe(3);
    expect(sink.subscriber.crowded).toBe(true);
    sink.onMessage = (message) => {
      expect(sink.subscriber.inFlight.messages).toBeLessThanOrEqual(3);
      sink.subscriber.acknowledge(message);
    };
    for (const message of [...sink.messages]) sink.subscriber.acknowledge(message);
    await sink.count(8);
    expect(sink.texts()).toEqual(numbered(8));
  });

  test('a paused session hands nothing over until it is resumed', async () => {
    const topic = fresh('t');
    const sink = await openSubscriber(broker, to(), [topic]).ready();
    sink.subscriber.pause();
    await sendAll(topic, 5);
    const other = await openSubscriber(broker, to(), [topic]).ready();
    await peer.publish(topic, 'm5');
    await other.count(1);
    expect(sink.messages).toEqual([]);
    sink.subscriber.resume();
    await sink.count(6);
    expect(sink.texts()).toEqual(numbered(6));
  });

  test('a retained message comes once with a subscription, and filters follow what the sink asks for', async () => {
    const [gone, added] = [fresh('gone'), fresh('added')];
    const clientId = fresh('sub');
    await peer.publish(gone, 'kept', { retain: true });
    const sink = await openSubscriber(broker, to(), [gone], { clientId }).ready();
    await sink.count(1);
    expect(sink.messages[0]).toMatchObject({ retained: true, dup: false });
    await sink.subscriber.close({ endSession: false, timeout: 5000 });
    const back = openSubscriber(broker, to(), [], { clientId });
    back.onResume = { unsubscribe: [gone], subscribe: [added] };
    await eventually(() => back.subscriptions.length === 1);
    expect(back.subscriptions).toEqual([{ filters: [added], granted: [1] }]);
    await peer.publish(gone, 'no');
    await peer.publish(added, 'yes');
    await back.count(1);
    expect(back.texts()).toEqual(['yes']);
    await peer.publish(gone, '', { retain: true });
  });

  test.each(qualities)('QoS %i: 100 at once arrive in order, each with its verdict', async (qos) => {
    const topic = fresh('t');
    const collector = await peer.collect(topic, qos);
    const { publisher } = await open();
    const verdicts = await Promise.all(
      numbered(100).map((text) => publisher.publish(outgoing(topic, text, { qos }), 10_000)),
    );
    expect(verdicts).toEqual(numbered(100).map(() => OK));
    await collector.until(100);
    expect(collector.texts()).toEqual(numbered(100));
    expect(publisher.online).toBe(true);
    expect(publisher.protocol).toBe(protocol);
  });

  test('close waits for what is unanswered, and then takes nothing more', async () => {
    const topic = fresh('t');
    const collector = await peer.collect(topic, 1);
    const sender = await open();
    const verdicts = numbered(30).map((text) => sender.send(topic, text));
    await sender.publisher.close(10_000);
    expect(await Promise.all(verdicts)).toEqual(numbered(30).map(() => OK));
    await collector.until(30);
    expect(await sender.send(topic, 'late')).toMatchObject({ ok: false, error: { tag: 'connection' } });
  });

  test('what the outbox holds leaves at the next start, before what is new, in order', async () => {
    const topic = fresh('t');
    const qos = keepsQos2 ? 2 : 1;
    const collector = await peer.collect(topic, qos);
    const before = await journaled();
    await before.commit(...numbered(50).map((text) => outgoing(topic, text, { qos })));
    await before.journal.close();
    const { clientId, outbox, commit } = await journaled(before.clientId, before.dir);
    const { publisher } = openPublisher(broker, to(), { clientId, outbox });
    await commit(outgoing(topic, 'new', { qos }));
    await collector.until(51);
    expect(collector.texts()).toEqual([...numbered(50), 'new']);
    await eventually(() => outbox.size === 0);
    await publisher.close(5000);
  });
}
