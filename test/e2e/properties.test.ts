import { expect, it } from 'vitest';
import { spawnHost } from '../support/cli.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { type Collector, collect, connectClient, publish } from '../support/mqtt-client.ts';
import { startProxy } from '../support/proxy.ts';
import { App, appToml } from './app.ts';

const OK = { code: 0, signal: null };
const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => byte);

const app = (url: string, lines: readonly string[] = [], grants = '["out/#", "commands/#"]') =>
  new App(appToml([{ url, lines: ['topic = "commands/#"', `publish = ${grants}`, ...lines] }]));

/** The guest takes its command apart at each space. */
const withOptions = (topic: string, options: object) =>
  `publish-options ${topic} ${JSON.stringify(options).replaceAll(' ', '\\u0020')}`;

/** What `host:pubsub/delivery` said, as a guest published it in binary mode. */
const next = async (out: Collector) => JSON.parse((await out.next()).text);

/** Properties of an ordinary client's message, and what the guest is told of them. */
const sent = {
  contentType: 'text/plain',
  responseTopic: 'answers/1',
  correlationData: Buffer.from(EVERY_BYTE),
  messageExpiryInterval: 3600,
  userProperties: { b: ['2', '', '1'], a: 'x' },
};
const told = {
  contentType: 'text/plain',
  responseTopic: 'answers/1',
  correlationData: EVERY_BYTE,
  userProperties: [
    ['b', '2'],
    ['b', ''],
    ['b', '1'],
    ['a', 'x'],
  ],
};

async function serve(subject: App, args: readonly string[] = []) {
  const host = await subject.serve('misbehaving', args);
  await host.waitFor(/subscribed to "commands/);
  return host;
}

describeWithMosquitto('what a guest publishes with options', () => {
  it.each([1, 2] as const)('reaches another guest as it is, and in its order (qos %i)', async (qos) => {
    const { url } = await startMosquitto();
    await serve(app(url, [`qos = ${qos}`, 'format = "raw"']));
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    const userProperties = [
      ['Z', '1'],
      ['2', ''],
      ['a', ''],
      ['Z', ''],
      ['1', 'ö'],
      ['a', '2'],
      ['Z', ''],
      ['', ''],
    ];
    const options = { contentType: 'a/b', responseTopic: 'ans/wer', correlationData: EVERY_BYTE, userProperties };
    // What is published on `commands/b` makes the guest say on `out/d` how it came.
    const echo = withOptions('commands/b', { data: 'delivery out/d', ...options });
    await publish(client, 'commands/a', echo, { qos });
    const { correlationData, ...delivery } = await next(out);
    expect(Object.values(correlationData)).toEqual(EVERY_BYTE);
    const { correlationData: _, ...expected } = options;
    expect(delivery).toMatchObject({ ...expected, qos, retained: false, redelivered: false, attempt: 1 });
  });

  it('keeps its own attributes in binary mode, whatever names the user properties have', async () => {
    const { url } = await startMosquitto();
    await serve(app(url));
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    for (const name of ['id', 'source', 'type', 'specversion', 'time', 'data'])
      await publish(client, 'commands/a', withOptions('out/x', { userProperties: [[name, 'forged']] }));
    for (const refusal of await out.until(6)) {
      expect(refusal.topic).toBe('out/refused');
      expect(JSON.parse(refusal.text)).toMatchObject({
        tag: 'invalid-argument',
        val: expect.stringContaining('taken'),
      });
    }
    const userProperties = [
      ['Id', 'mine'],
      ['traceparent', '00'],
    ];
    await publish(client, 'commands/a', withOptions('out/x', { userProperties }));
    expect((await out.until(7))[6]?.properties.userProperties).toMatchObject({ Id: 'mine', traceparent: '00' });
  });

  it('is refused where it is not valid, and by name where MQTT 3.1.1 has no place for it', async () => {
    const { url } = await startMosquitto();
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    const bad: readonly (readonly [object, RegExp])[] = [
      [{ responseTopic: 'a/+' }, /response topic/],
      [{ responseTopic: '' }, /response topic/],
      [{ responseTopic: 'a\u0000' }, /response topic/],
      [{ responseTopic: 'x'.repeat(65_536) }, /response topic/],
      [{ correlationData: Array(65_536).fill(0) }, /correlation data/],
      [{ userProperties: [['X', 'x'.repeat(65_536)]] }, /user property/],
      [{ userProperties: [['X\u0001', '']] }, /user property/],
      [{ contentType: '' }, /content type/],
      [{ expiry: 0 }, /expiry/],
    ];
    const only5: readonly (readonly [object, RegExp])[] = [
      [{ responseTopic: 'a' }, /3\.1\.1, which cannot carry response-topic/],
      [{ correlationData: [] }, /3\.1\.1, which cannot carry correlation-data/],
      [{ userProperties: [['X', 'y']] }, /3\.1\.1, which cannot carry user-properties/],
      [{ expiry: 1 }, /3\.1\.1, which cannot carry expiry/],
    ];
    const refusals = async (lines: readonly string[], cases: typeof bad) => {
      const host = await serve(app(url, lines));
      for (const [options, pattern] of cases) {
        await publish(client, 'commands/a', withOptions('out/x', options));
        const { topic, text } = await out.next();
        expect(topic).toBe('out/refused');
        const payload = lines.length === 0 ? text : Buffer.from(JSON.parse(text).data_base64, 'base64').toString();
        expect(JSON.parse(payload)).toMatchObject({ tag: 'invalid-argument', val: expect.stringMatching(pattern) });
      }
      expect(await host.kill('SIGTERM')).toEqual(OK);
    };
    await refusals([], bad);
    await refusals(['protocol = "3.1.1"'], only5);
  });

  it.each(['5', '"3.1.1"'])(
    'retained is kept by the broker, and cleared by no data (protocol %s)',
    async (protocol) => {
      const { url } = await startMosquitto();
      await serve(app(url, [`protocol = ${protocol}`, 'format = "raw"']));
      const client = await connectClient(url);
      const live = await collect(client, 'out/#');
      await publish(client, 'commands/a', withOptions('out/kept', { retain: true, data: 'kept' }));
      expect((await live.next()).retain).toBe(false);
      const later = await collect(await connectClient(url), 'out/#');
      expect(await later.next()).toMatchObject({ topic: 'out/kept', text: 'kept', retain: true });
      await publish(client, 'commands/a', withOptions('out/kept', { retain: true, data: '' }));
      expect((await live.next()).text).toBe('');
      const last = await collect(await connectClient(url), 'out/#');
      await publish(client, 'out/after', 'x');
      expect(await last.next()).toMatchObject({ topic: 'out/after' });
    },
  );

  it('with an expiry waits for its broker in the journal no longer than that', async () => {
    const { url } = await startMosquitto();
    const away = await startMosquitto();
    const proxy = await startProxy(away.port);
    const binding = (at: string, lines: readonly string[]) => ({ url: at, lines: ['qos = 2', ...lines] });
    const toml = appToml([
      binding(url, ['topic = "commands/#"', 'publish = ["none"]']),
      binding(`mqtt://127.0.0.1:${proxy.port}`, ['publish = ["out/#"]']),
    ]);
    const host = await serve(new App(toml));
    await host.waitFor(/publisher connected to mqtt:\/\/127\.0\.0\.1:\d+ [\s\S]*publisher connected/);
    const client = await connectClient(url);
    const out = await collect(await connectClient(away.url), 'out/#', { qos: 2 });
    proxy.refuse(true);
    proxy.cut();
    await host.waitFor(/publisher lost/);
    const before = performance.now();
    for (const [data, options] of [
      ['short', { expiry: 1 }],
      ['long', { expiry: 600 }],
      ['ever', {}],
    ] as const)
      await publish(client, 'commands/a', withOptions('out/x', { data, ...options }), { qos: 2 });
    await host.waitFor(/(handled "commands\/a"[\s\S]*){3}/);
    // It is about time that passes.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    proxy.refuse(false);
    await host.waitFor(/the publish to "out\/x" was dropped: its expiry was over/, { timeout: 60_000 });
    const passed = Math.floor((performance.now() - before) / 1000);
    const [long, ever] = await out.until(2);
    expect([long?.text, ever?.text]).toEqual(['long', 'ever']);
    const left = long?.properties.messageExpiryInterval ?? 0;
    expect(left).toBeLessThanOrEqual(598);
    expect(left).toBeGreaterThanOrEqual(600 - passed - 60);
    expect(ever?.properties.messageExpiryInterval).toBeUndefined();
  });
});

describeWithMosquitto('what a guest is told of a message', () => {
  it('is the same at its second attempt, from the journal and after a restart', async () => {
    const { url } = await startMosquitto();
    const client = await connectClient(url);
    await publish(client, 'commands/kept', 'report-again out/d', { properties: sent, retain: true });
    // Long enough that it is spilled before it is tried again.
    const subject = app(url, ['retry = { initial = "1m", jitter = 0 }']);
    const host = await serve(subject);
    const out = await collect(client, 'out/#');
    await host.waitFor(/moved from the window to the journal/);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    const second = await subject.serve('misbehaving');
    expect(await next(out)).toEqual({
      ...told,
      topic: 'commands/kept',
      qos: 1,
      retained: true,
      redelivered: true,
      attempt: 2,
    });
    expect(await second.kill('SIGTERM')).toEqual(OK);
  });

  it('is the same where a dead letter is replayed, which shows it', async () => {
    const { url } = await startMosquitto();
    const client = await connectClient(url);
    await publish(client, 'commands/kept', 'report-again out/d', { properties: sent, retain: true });
    const subject = app(url, ['retry = { attempts = 1 }']);
    const host = await serve(subject);
    const out = await collect(client, 'out/#');
    await host.waitFor(/is a dead letter/);
    const show = spawnHost(['dlq', 'show', subject.file, '1', '--json']);
    expect(await show.exited).toEqual(OK);
    expect(JSON.parse(show.stdout()).properties).toEqual({
      contentType: told.contentType,
      responseTopic: told.responseTopic,
      correlationDataBase64: Buffer.from(EVERY_BYTE).toString('base64'),
      expirySeconds: expect.any(Number),
      userProperties: told.userProperties,
    });
    const replay = spawnHost(['dlq', 'replay', subject.file, '1']);
    expect(await replay.exited).toEqual(OK);
    expect(await next(out)).toMatchObject({ ...told, retained: true, redelivered: true, attempt: 1 });
  });

  it('says nothing of an expiry, which bounds its way to the host: what has come is handled', async () => {
    const { url } = await startMosquitto();
    const host = await serve(app(url));
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'sleep 2500');
    await publish(client, 'commands/a', 'publish out/late 1', { properties: { messageExpiryInterval: 1 } });
    expect((await out.next()).topic).toBe('out/late');
    expect(await host.kill('SIGTERM')).toEqual(OK);
  });
});
