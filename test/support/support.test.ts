import { expect, it } from 'vitest';
import { certificates } from './certificates.ts';
import { describeWithMosquitto, startMosquitto } from './mosquitto.ts';
import { type Collector, collect, connectClient, listen, publish } from './mqtt-client.ts';
import { accepts } from './ports.ts';

describeWithMosquitto('startMosquitto', () => {
  it('carries messages and is gone after stop', async () => {
    const broker = await startMosquitto();
    const client = await connectClient(broker.url);
    const seen = await collect(client, 'a/+');
    await publish(client, 'a/b', 'hello');
    expect(await seen.next()).toMatchObject({ topic: 'a/b', text: 'hello', qos: 1 });
    await broker.stop();
    expect(await accepts(broker.port)).toBe(false);
  });

  it('keeps sessions over a restart with persistence', async () => {
    const broker = await startMosquitto({ persistence: true });
    const session = { clientId: 'keeper', clean: false, properties: { sessionExpiryInterval: 600 } };
    const first = await connectClient(broker.url, session);
    await first.subscribeAsync('kept', { qos: 1 });
    await first.endAsync();
    await publish(await connectClient(broker.url), 'kept', 'x');
    await broker.restart();
    const resumed = Promise.withResolvers<Collector>();
    await connectClient(broker.url, session, (client) => resumed.resolve(listen(client, 'kept')));
    expect(await (await resumed.promise).next()).toMatchObject({ text: 'x', qos: 1 });
  });

  it('checks passwords and ACLs', async () => {
    const broker = await startMosquitto({ passwordFile: { ann: 'secret' }, acl: 'user ann\ntopic readwrite a/#\n' });
    await expect(connectClient(broker.url)).rejects.toThrow(/Not authorized/);
    const client = await connectClient(broker.url, { username: 'ann', password: 'secret' });
    await publish(client, 'a/b', 'granted');
    await expect(publish(client, 'b', 'refused')).rejects.toThrow(/Not authorized/);
  });

  it('speaks TLS, mutual TLS and WebSocket', async () => {
    const broker = await startMosquitto({ tls: 'mutual', websockets: true });
    const { ca, client } = certificates;
    const url = `mqtts://localhost:${broker.tlsPort}`;
    await connectClient(url, { ca: ca.pem, cert: client.cert.pem, key: client.key.pem });
    await expect(connectClient(url, { ca: ca.pem })).rejects.toThrow();
    await connectClient(`ws://127.0.0.1:${broker.wsPort}`);
  });

  it.each([0x84, 0x01] as const)('refuses MQTT 5 with %i as a 3.1.1 broker does', async (protocolOnly311) => {
    const broker = await startMosquitto({ protocolOnly311 });
    await expect(connectClient(broker.url)).rejects.toMatchObject({ code: protocolOnly311 });
    const client = await connectClient(broker.url, { protocolVersion: 4 });
    const seen = listen(client, 'x');
    await client.subscribeAsync('x');
    await publish(client, 'x', '1');
    await seen.next();
  });

  it('grants no more than maxQos', async () => {
    const broker = await startMosquitto({ maxQos: 1 });
    const client = await connectClient(broker.url, { protocolVersion: 4 });
    const [grant] = await client.subscribeAsync('a', { qos: 2 });
    expect(grant?.qos).toBe(1);
  });
});
