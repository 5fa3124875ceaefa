import { expect, test } from 'vitest';
import type { ConnectionOptions } from '../../../src/types.ts';
import {
  addressOf,
  connectionTo,
  fresh,
  openPublisher,
  openSubscriber,
  protocolLabel,
  type TestBroker,
  testBroker,
} from '../../support/broker-sessions.ts';
import { certificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { collect, connectClient } from '../../support/mqtt-client.ts';
import { freePort } from '../../support/ports.ts';
import { startProxy } from '../../support/proxy.ts';

const OK = { ok: true, value: undefined };
const { ca, otherCa, client: own } = certificates;

/** A message from a publisher to a subscriber, both connected in the same way. */
async function roundTrip({ broker }: TestBroker, connection: ConnectionOptions): Promise<void> {
  const topic = fresh('t');
  const sink = await openSubscriber(broker, connection, [topic]).ready();
  expect(await openPublisher(broker, connection).send(topic, 'through')).toEqual(OK);
  await sink.count(1);
  expect(sink.texts()).toEqual(['through']);
}

describeWithMosquitto('transports (Mosquitto)', () => {
  test.each(['127.0.0.1', 'localhost'])('TLS to %s', async (host) => {
    const { tlsPort } = await startMosquitto({ tls: 'server' });
    const addresses = [addressOf(tlsPort as number, 'mqtts', host)];
    await roundTrip(testBroker(), connectionTo(0, { addresses, tls: { ca: ca.pem, insecure: false } }));
    await roundTrip(testBroker(), connectionTo(0, { addresses, tls: { insecure: true } }));
  });

  test('an untrusted certificate is told apart, retried and never accepted', async () => {
    const { tlsPort } = await startMosquitto({ tls: 'server' });
    const around = testBroker();
    const addresses = [addressOf(tlsPort as number, 'mqtts')];
    const tls = { ca: otherCa.pem, insecure: false };
    const sink = openSubscriber(around.broker, connectionTo(0, { addresses, tls }), ['t']);
    await eventually(() => around.of('retrying').length >= 2);
    expect(around.of('retrying')[0]?.reason).toMatch(/certificate is not from a trusted authority.*tls\.ca/);
    expect(sink.connections).toEqual([]);
  });

  test('mutual TLS needs the client certificate', async () => {
    const { tlsPort } = await startMosquitto({ tls: 'mutual' });
    const addresses = [addressOf(tlsPort as number, 'mqtts')];
    const tls = { ca: ca.pem, cert: own.cert.pem, key: own.key.pem, insecure: false };
    await roundTrip(testBroker(), connectionTo(0, { addresses, tls }));
    const without = testBroker();
    openSubscriber(without.broker, connectionTo(0, { addresses, tls: { ca: ca.pem, insecure: false } }), ['t']);
    await eventually(() => without.of('retrying').length > 0);
    expect(without.of('retrying')[0]?.reason).toMatch(/client certificate/);
  });

  test('a key that is no key is fatal and is not printed', async () => {
    const { tlsPort } = await startMosquitto({ tls: 'server' });
    const addresses = [addressOf(tlsPort as number, 'mqtts')];
    const tls = { cert: own.cert.pem, key: 'hunter2', insecure: false };
    const error = await openSubscriber(testBroker().broker, connectionTo(0, { addresses, tls }), ['t']).error();
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(error.message).toContain('tls.key');
    expect(error.message).not.toContain('hunter2');
  });

  test('WebSocket, and what a wrong path or port says', async () => {
    const { wsPort, port } = await startMosquitto({ websockets: true });
    await roundTrip(testBroker(), connectionTo(0, { addresses: [addressOf(wsPort as number, 'ws')] }));
    const wrong = testBroker(1000);
    openSubscriber(wrong.broker, connectionTo(0, { addresses: [addressOf(port, 'ws')] }), ['t']);
    await eventually(() => wrong.of('retrying').length > 0);
    expect(wrong.of('retrying')[0]?.reason).not.toBe('');
  });

  test('several urls are tried in turn, and again after a loss', async () => {
    const [first, second] = [await startMosquitto(), await startMosquitto()];
    const around = testBroker();
    const addresses = [addressOf(await freePort()), addressOf(first.port), addressOf(second.port)];
    const sink = await openSubscriber(around.broker, connectionTo(0, { addresses }), ['t']).ready();
    expect(sink.connections[0]?.address).toEqual(addresses[1]);
    expect(around.of('retrying')).toMatchObject([{ delay: 0, reason: 'connection refused' }]);
    await first.stop();
    await eventually(() => sink.connections.length === 2);
    expect(sink.connections[1]?.address).toEqual(addresses[2]);
  });

  test.each([5, 4] as const)('the will is published when the connection is lost (%i)', async (protocol) => {
    const { port, url } = await startMosquitto();
    const topic = fresh('will');
    const collector = await collect(await connectClient(url), topic);
    const proxy = await startProxy(port);
    const will = { topic, payload: 'gone', qos: 1, retain: false } as const;
    const connection = connectionTo(proxy.port, { will, protocol });
    const sink = await openSubscriber(testBroker().broker, connection, ['t'], { sessionExpiry: 0 }).ready();
    proxy.cut();
    expect((await collector.next()).text).toBe('gone');
    await sink.ready(2);
    await sink.subscriber.close({ endSession: false, timeout: 1000 });
    expect(collector.texts()).toEqual(['gone']);
  });
});

describeWithMosquitto('credentials and versions (Mosquitto)', () => {
  test.each([5, 4] as const)('wrong credentials are retried until they are right (%i)', async (protocol) => {
    const right = await startMosquitto({ passwordFile: { ada: 'hunter2' } });
    const around = testBroker();
    const access = { username: 'ada', password: 'wrong-secret', protocol };
    const sink = openSubscriber(around.broker, connectionTo(right.port, access), ['t']);
    await eventually(() => around.of('retrying').length >= 2);
    for (const { reason, delay } of around.of('retrying')) {
      expect(reason).toMatch(/refused the connection: (not authorized|bad user name or password)/);
      expect(delay).toBeGreaterThanOrEqual(200);
    }
    expect(JSON.stringify(around.statuses)).not.toContain('wrong-secret');
    await right.stop();
    await startMosquitto({ port: right.port, passwordFile: { ada: 'wrong-secret' } });
    await sink.ready();
    expect(sink.connections).toMatchObject([{ protocol }]);
  });

  test('a refused publish is permission-denied on MQTT 5, and acknowledged on 3.1.1', async () => {
    const { port } = await startMosquitto({ acl: 'topic readwrite free/#\n' });
    const { broker } = testBroker();
    const five = openPublisher(broker, connectionTo(port));
    for (const qos of [1, 2] as const) {
      const verdict = await five.send('closed/t', 'x', { qos });
      expect(verdict).toMatchObject({ ok: false, error: { tag: 'permission-denied' } });
      expect(JSON.stringify(verdict)).toMatch(/refused the publish to \\"closed\/t\\": not authorized \(0x87\)/);
      expect(await five.send('free/t', 'x', { qos })).toEqual(OK);
    }
    expect(await openPublisher(broker, connectionTo(port, { protocol: 4 })).send('closed/t', 'x')).toEqual(OK);
  });

  test.each([0x84, 0x01] as const)('3.1.1 after a CONNACK that refuses MQTT 5 with %i, remembered', async (refusal) => {
    const { port } = await startMosquitto({ protocolOnly311: refusal });
    const proxy = await startProxy(port);
    const around = testBroker();
    const sink = await openSubscriber(around.broker, connectionTo(proxy.port), ['t']).ready();
    expect(sink.connections).toMatchObject([{ protocol: 4 }]);
    expect(around.of('retrying')).toEqual([]);
    await openSubscriber(around.broker, connectionTo(proxy.port), ['t']).ready();
    const versions = proxy.taps.map(({ sent }) => (sent[0] as { protocolVersion?: number }).protocolVersion);
    expect(versions).toEqual([5, 4, 4]);
  });

  test.each([5, 4] as const)('a granted QoS below the one asked for is fatal (%i)', async (protocol) => {
    const { port } = await startMosquitto({ maxQos: 1 });
    const sink = openSubscriber(testBroker().broker, connectionTo(port, { protocol }), ['t'], { qos: 2 });
    const error = await sink.error();
    expect(error).toMatchObject({ code: 'ERR_BROKER_GRANT' });
    expect(error.message).toMatch(/binding b0: broker mqtt:\/\/127\.0\.0\.1:\d+: .*QoS 1.*qos = 2/);
    expect(sink.subscriber.online).toBe(false);
  });

  test.each([5, 4] as const)('a second client with the same id is a fatal takeover (%i)', async (protocol) => {
    const { port } = await startMosquitto();
    const clientId = fresh('twin');
    const connection = connectionTo(port, { protocol });
    const one = openSubscriber(testBroker().broker, connection, ['t'], { clientId });
    await one.ready();
    const two = openSubscriber(testBroker().broker, connection, ['t'], { clientId });
    const error = await eventually(() => one.errors[0] ?? two.errors[0]);
    expect(error).toMatchObject({ code: 'ERR_BROKER_TAKEOVER' });
    expect(error?.message).toContain(clientId);
    expect(error?.message).toContain('.host');
    await eventually(() => one.subscriber.online !== two.subscriber.online);
  });

  test.each([5, 4] as const)('the session outlives a clean restart of the broker (%s)', async (protocol) => {
    const mosquitto = await startMosquitto({ persistence: true });
    const topic = fresh('t');
    const connection = connectionTo(mosquitto.port, { protocol });
    const sink = await openSubscriber(testBroker().broker, connection, [topic]).ready();
    await mosquitto.restart();
    await sink.ready(2);
    expect(sink.connections[1]).toMatchObject({ sessionPresent: true, protocol });
    expect(protocolLabel(protocol)).toContain('MQTT');
  });
});
