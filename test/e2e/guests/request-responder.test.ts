import { randomBytes } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { expect, it } from 'vitest';
import type { QoS } from '../../../src/types.ts';
import { describeWithMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { collect, connectClient, publish, type Received } from '../../support/mqtt-client.ts';
import { App, appToml } from '../app.ts';
import { describeGuest, eventIn } from './sample.ts';

/** Every byte there is, and something that tells one request from another. */
const correlation = () => Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), randomBytes(8)]);

/** An MQTT 5 requester with many requests under way at once; resolves with an answer for each, in their order. */
async function ask(client: MqttClient, requests: readonly object[], qos: QoS): Promise<readonly Received[]> {
  const replies = await collect(client, 'replies/me', { qos });
  const sent = requests.map((request) => ({ request, correlationData: correlation() }));
  const properties = (correlationData: Buffer) => ({ responseTopic: 'replies/me', correlationData });
  await Promise.all(
    sent.map(({ request, correlationData }) =>
      publish(client, 'requests/convert', JSON.stringify(request), { qos, properties: properties(correlationData) }),
    ),
  );
  const answers = await replies.until(requests.length);
  expect(answers.length).toBe(requests.length);
  return sent.map(({ correlationData }) => {
    const answer = answers.find((found) => found.properties.correlationData?.equals(correlationData));
    if (answer === undefined) throw new Error('a request without an answer of its own');
    return answer;
  });
}

/** As many at once as a broker that says nothing takes at qos 2. */
const lengths = Array.from({ length: 20 }, (_, km) => ({ value: km, from: 'km', to: 'm' }));

describeGuest('request-responder', {
  'answers where it is asked to, and names what is wrong with a request': async ({ client, run, protocolVersion }) => {
    const host = await run();
    const outside = await client();
    const replies = await collect(outside, 'replies/+');
    const requests = [
      { value: 20, from: 'C', to: 'F', replyTo: 'replies/a', requestId: 7 },
      { value: 20, from: 'C', to: 'kg', replyTo: 'replies/b', requestId: 'x' },
    ];
    for (const request of requests) await publish(outside, 'requests/convert', JSON.stringify(request));
    const answers = (await replies.until(2)).toSorted((a, b) => (a.topic < b.topic ? -1 : 1));
    expect(answers.map(({ topic }) => topic)).toEqual(['replies/a', 'replies/b']);
    expect(answers.map(eventIn).map(({ type, data }) => [type, JSON.parse(data)])).toEqual([
      ['com.example.conversion.done', { value: 68, unit: 'F', requestId: 7 }],
      ['com.example.conversion.refused', { error: expect.stringContaining('"kg"'), requestId: 'x' }],
    ]);
    if (protocolVersion === 5) {
      const found = await ask(await client(), lengths, 1);
      expect(found.map(({ text }) => JSON.parse(text).value)).toEqual(lengths.map(({ value }) => value * 1000));
      expect(found[0]?.properties).toMatchObject({ contentType: 'application/json' });
      expect(found[0]?.properties.messageExpiryInterval).toBeGreaterThan(50);
    }
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },

  'rejects what it may not or cannot answer, and what is no request': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const everything = await collect(outside, 'admin/#');
    const request = { value: 1, from: 'm', to: 'ft' };
    const bad = ['admin/reboot', 'replies/+', 'replies/a\u0000', '', 'x'.repeat(70_000), 7, undefined];
    for (const replyTo of bad) await publish(outside, 'requests/convert', JSON.stringify({ ...request, replyTo }));
    for (const data of ['', '[', '[]', 'null', '\u{1F600}'])
      await publish(outside, 'requests/convert', Buffer.concat([Buffer.from(data), Buffer.from([0xff])]));
    await publish(outside, 'requests/convert', '');
    // One topic keeps its order: when this is answered, all of them were rejected.
    const replies = await collect(outside, 'replies/last');
    await publish(outside, 'requests/convert', JSON.stringify({ ...request, replyTo: 'replies/last' }));
    expect(JSON.parse(eventIn(await replies.next()).data)).toEqual({ value: 3.280839895, unit: 'ft' });
    expect(host.stderr()).toMatch(/rejected: the topic "admin\/reboot" is not granted/);
    expect(host.stderr()).not.toMatch(/trap|worker/);
    expect(everything.received).toEqual([]);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },
});

describeWithMosquitto('request-responder in transactions', () => {
  it('answers each of many requests at once, over a kill of the host', async () => {
    const { url } = await startMosquitto();
    const binding = { url, lines: ['qos = 2', 'queue = "requests/+"', 'publish = ["replies/+"]'] };
    const app = new App(appToml([binding], ['name = "e2e"']));
    const host = await app.serve('request-responder');
    await host.waitFor(/subscribed to/);
    const client = await connectClient(url);
    const asking = ask(client, lengths, 2);
    await host.waitFor(/handled "requests/);
    await host.kill('SIGKILL');
    const second = await app.serve('request-responder');
    const answers = await asking;
    expect(answers.map(({ text }) => JSON.parse(text).value)).toEqual(lengths.map(({ value }) => value * 1000));
    // The requester sees each of them once: `ask` has counted.
    expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
