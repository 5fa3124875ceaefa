import type { MqttClient } from 'mqtt';
import { beforeAll, expect, test } from 'vitest';
import type { QoS } from '../../../src/types.ts';
import { connectionTo, fresh, openPublisher, outgoing, testBroker } from '../../support/broker-sessions.ts';
import { eventually } from '../../support/eventually.ts';
import { collect, connectClient } from '../../support/mqtt-client.ts';
import { freePort } from '../../support/ports.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';
import { journaled } from './journaled.ts';
import type { BrokerUnderTest } from './subscriber-suite.ts';

const OK = { ok: true, value: undefined };
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);
const qualities: QoS[] = [0, 1, 2];

/** What every MQTT broker must do for a publisher on the wire, and the publisher for it; see also `sessions-suite.ts`. */
export function publisherSuite({ protocol, start, keepsQos2 }: BrokerUnderTest): void {
  let port: number;
  let client: MqttClient;
  const { broker } = testBroker();

  beforeAll(async () => {
    port = await start();
    client = await connectClient(`mqtt://127.0.0.1:${port}`, { protocolVersion: protocol });
  });

  const to = (proxy?: TestProxy) => connectionTo(proxy?.port ?? port, { protocol });
  /** With an outbox in a real journal. */
  const open = async (connection = to()) => {
    const { clientId, outbox } = await journaled();
    return openPublisher(broker, connection, { clientId, outbox });
  };

  test('retain, empty payloads and properties are carried', async () => {
    const topic = fresh('t');
    const collector = await collect(client, topic);
    const sender = await open();
    await sender.publisher.whenOnline();
    const properties = {
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: Buffer.from([1, 2, 3]),
      expiry: 60,
      userProperties: [
        ['a', '1'],
        ['a', '2'],
        ['__proto__', 'x'],
      ] as const,
    };
    expect(await sender.send(topic, 'full', protocol === 5 ? { properties } : {})).toEqual(OK);
    expect(await sender.send(topic, '', { retain: true, qos: 0 })).toEqual(OK);
    const [full, empty] = await collector.until(2);
    expect([full?.text, empty?.text]).toEqual(['full', '']);
    if (protocol === 4) return;
    expect(full?.properties).toMatchObject({ contentType: 'text/plain', responseTopic: 'answers' });
    expect(full?.properties.correlationData).toEqual(Buffer.from([1, 2, 3]));
    expect(full?.properties.messageExpiryInterval).toBeLessThanOrEqual(60);
    expect(Object.entries(full?.properties.userProperties ?? {})).toEqual([
      ['a', ['1', '2']],
      ['__proto__', 'x'],
    ]);
  });

  test.each([1, 2] as const)('QoS %i goes on after cut connections', async (qos) => {
    const topic = fresh('t');
    const collector = await collect(client, topic, { qos });
    const proxy = await startProxy(port);
    const sender = await open(to(proxy));
    const verdicts = numbered(150).map((text) => sender.send(topic, text, { qos }, 20_000));
    for (const count of [20, 60, 100]) {
      await collector.until(count);
      proxy.cut();
    }
    expect(await Promise.all(verdicts)).toEqual(numbered(150).map(() => OK));
    await eventually(() => new Set(collector.texts()).size === 150);
    if (qos === 2 && keepsQos2) expect(collector.texts()).toEqual(numbered(150));
    else expect([...new Set(collector.texts())]).toEqual(numbered(150));
    expect(sender.connections.length).toBeGreaterThan(1);
    expect(sender.connections.at(-1)?.sessionPresent).toBe(true);
  });

  test('a publish that waited while the broker was away goes out when it is back', async () => {
    const topic = fresh('t');
    const collector = await collect(client, topic);
    const proxy = await startProxy(port);
    proxy.refuse(true);
    const sender = await open(to(proxy));
    const verdicts = [sender.send(topic, 'a'), sender.send(topic, 'b', { qos: 0 }), sender.send(topic, 'c')];
    proxy.refuse(false);
    expect(await Promise.all(verdicts)).toEqual([OK, OK, OK]);
    await collector.until(3);
    // MQTT orders messages of one QoS only [MQTT-4.6.0-6].
    expect(collector.texts().filter((text) => text !== 'b')).toEqual(['a', 'c']);
    expect(collector.texts()).toContain('b');
  });

  test.each(qualities)('QoS %i: connection, with the reason, when the broker stayed away', async (qos) => {
    const sender = await open(connectionTo(await freePort(), { protocol }));
    const verdict = await sender.send(fresh('t'), 'x', { qos }, 600);
    expect(verdict).toMatchObject({ ok: false, error: { tag: 'connection' } });
    expect(JSON.stringify(verdict)).toMatch(/mqtt:\/\/127\.0\.0\.1:\d+ cannot be reached: connection refused/);
    expect(sender.publisher.online).toBe(false);
  });

  test('timeout when it was sent and not answered; at QoS 1 it is not sent again', async () => {
    const topic = fresh('t');
    const collector = await collect(client, topic);
    const proxy = await startProxy(port);
    const sender = await open(to(proxy));
    await sender.publisher.whenOnline();
    proxy.stall();
    expect(await sender.send(topic, 'lost', {}, 300)).toEqual({ ok: false, error: { tag: 'timeout' } });
    proxy.cut();
    proxy.flow();
    expect(await sender.send(topic, 'next')).toEqual(OK);
    await collector.until(1);
    expect(collector.texts()).toEqual(['next']);
  });

  test('rows and confirmed publishes of every QoS share the session, through cut connections', async () => {
    const topic = fresh('t');
    const collector = await collect(client, `${topic}/+`, { qos: 2 });
    const proxy = await startProxy(port);
    const { clientId, outbox, commit } = await journaled();
    const sender = openPublisher(broker, to(proxy), { clientId, outbox });
    const verdicts: Promise<unknown>[] = [];
    for (const [i, text] of numbered(120).entries()) {
      await commit(...([1, 2] as const).map((qos) => outgoing(`${topic}/rows${qos}`, text, { qos })));
      verdicts.push(sender.send(`${topic}/confirmed`, text, { qos: 1 }, 30_000));
      if (i % 40 === 20) proxy.cut();
    }
    expect(await Promise.all(verdicts)).toEqual(numbered(120).map(() => OK));
    await eventually(() => outbox.size === 0);
    for (const kind of ['rows1', 'rows2', 'confirmed']) {
      const texts = () => collector.received.filter((one) => one.topic === `${topic}/${kind}`).map(({ text }) => text);
      await eventually(() => new Set(texts()).size === 120);
      if (kind === 'rows2' && keepsQos2) expect(texts()).toEqual(numbered(120));
      else expect([...new Set(texts())].sort()).toEqual(numbered(120).sort());
    }
  });
}
