import { expect, it } from 'vitest';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';
import { startEmbedded, stepsApp } from './steps.ts';

const OK = { code: 0, signal: null };

const brokers: readonly (readonly [string, () => Promise<string>])[] = [
  ['Mosquitto', async () => (await startMosquitto()).url],
  ['the embedded broker', startEmbedded],
];
const kinds = ['queue = "in/+"', 'topic = "in/+"'];
const table = brokers.flatMap(([name, start]) =>
  kinds.flatMap((filter) => ([0, 1, 2] as const).map((qos) => [name, filter, qos, start] as const)),
);

describeWithMosquitto('pull', () => {
  it.each(table)('at %s, %s, qos %i: each message once, over a restart of the host', async (_, filter, qos, start) => {
    const url = await start();
    const app = stepsApp(url, ['receive in/+ out/a'], [filter, `qos = ${qos}`]);
    const host = await app.serve('pulling');
    await host.waitFor(/subscribed to ".*in\/\+"/);
    const client = await connectClient(url, url.endsWith('1883') ? {} : { protocolVersion: 4 });
    const out = await collect(client, 'out/#', { qos });
    for (let i = 0; i < 20; i++) await publish(client, `in/${i % 3}`, `m${i}`, { qos });
    await out.until(20);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    if (qos > 0) await publish(client, 'in/a', 'away', { qos });
    const second = await app.serve('pulling');
    await second.waitFor(qos > 0 ? /session resumed/ : /subscribed to/);
    await publish(client, 'in/b', 'back', { qos });
    await out.until(qos > 0 ? 22 : 21);
    expect(await second.kill('SIGTERM')).toEqual(OK);
    const data = out.texts().map((text) => (text.startsWith('{') ? JSON.parse(text).data_base64 : btoa(text)));
    const sent = [...Array.from({ length: 20 }, (_, i) => `m${i}`), ...(qos > 0 ? ['away'] : []), 'back'];
    expect(data.map((text) => atob(text)).toSorted()).toEqual(sent.toSorted());
  });

  it('receives only what a narrower topic matches, and a window full of the rest stops nothing', async () => {
    const { url } = await startMosquitto();
    const steps = ['receive in/wanted out/a 3', 'receive in/# out/b 42'];
    const host = await stepsApp(url, steps, ['topic = "in/#"', 'qos = 1', 'max_in_flight = 10']).serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    const sent = [];
    for (let i = 0; i < 42; i++) sent.push(publish(client, `in/other/${i % 4}`, `${i}`));
    for (let i = 0; i < 3; i++) sent.push(publish(client, 'in/wanted', `w${i}`));
    await Promise.all(sent);
    await out.until(45);
    expect(await host.exited).toEqual(OK);
    expect(out.texts().slice(0, 3)).toEqual(['w0', 'w1', 'w2']);
    const others = out.texts().slice(3).map(Number);
    expect(others.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 42 }, (_, i) => i));
    for (const topic of [0, 1, 2, 3]) {
      const ofTopic = others.filter((n) => n % 4 === topic);
      expect(ofTopic).toEqual(ofTopic.toSorted((a, b) => a - b));
    }
  });

  it('says what cannot be received, and when nothing came in time', async () => {
    const { url } = await startMosquitto();
    const steps = ['try other/a out/1', 'try in/#/a out/2', 'try in/+ out/3', 'try-stream other out/4'];
    const host = await stepsApp(url, steps, ['topic = "in/+"', 'receive_timeout = "200ms"']).run('pulling');
    const out = await collect(await connectClient(url), 'out/#');
    await out.until(4);
    const errors = out.texts().map((text) => JSON.parse(text));
    expect(errors).toEqual([
      {
        tag: 'permission-denied',
        val: 'no pull binding of this app covers the topic "other/a"; they subscribe to "in/+"',
      },
      { tag: 'invalid-argument', val: expect.stringContaining('"in/#/a"') },
      { tag: 'timeout' },
      { tag: 'permission-denied', val: expect.stringContaining('"other"') },
    ]);
    expect(await host.exited).toEqual(OK);
  });

  it('pulls from two bindings, and a handler settles what it has received with its own message', async () => {
    const { url } = await startMosquitto();
    const binding = (lines: readonly string[]) => ({ url, lines: ['publish = ["out/#"]', 'qos = 2', ...lines] });
    const toml = appToml(
      [
        binding(['topic = "do"', 'delivery = "push"', 'retry = { initial = "10ms" }']),
        binding(['topic = "a/+"', 'delivery = "pull"', 'retry = { initial = "10ms" }']),
        binding(['topic = "b/+"', 'delivery = "pull"']),
      ],
      ['name = "e2e"', '[guest]', 'args = ["receive b/+ out/b 1"]'],
    );
    const host = await new App(toml).serve('pulling');
    for (const filter of [/"do" at/, /"a\/\+" at/, /"b\/\+" at/]) await host.waitFor(filter);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    await publish(client, 'do', 'receive a/+ out/a 2', { qos: 2 });
    await publish(client, 'a/1', 'first', { qos: 2 });
    // The handler's failure takes back what it published for this one, and its own message is handled again.
    await publish(client, 'a/2', 'trap 2', { qos: 2 });
    await out.until(1);
    expect(out.texts()).toEqual(['first']);
    // Of another topic, it could be handed out before the one that is retried.
    await out.until(2);
    await publish(client, 'a/3', 'third', { qos: 2 });
    await out.until(3);
    expect(out.texts()).toEqual(['first', 'trap 2', 'third']);
    await publish(client, 'b/1', 'beside', { qos: 2 });
    await out.until(4);
    await host.waitFor(/exit code 0 is its own/);
    // It serves on.
    await publish(client, 'do', 'publish out/c on', { qos: 2 });
    await out.until(5);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect(out.texts()).toEqual(['first', 'trap 2', 'third', 'beside', 'on']);
  });

  it('loses nothing that a dropped stream had not read', async () => {
    const { url } = await startMosquitto();
    const steps = ['receive in/+ out/0 1', 'cancel-read in/+ out/c', 'read in/+ out/1 1', 'receive in/+ out/2'];
    const host = await stepsApp(url, steps, ['topic = "in/+"', 'qos = 2']).serve('pulling');
    await host.waitFor(/subscribed to "in/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    for (let i = 0; i < 5; i++) await publish(client, 'in/a', `${i}`, { qos: 2 });
    await out.until(5);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect(out.texts()).toEqual(['0', '1', '2', '3', '4']);
  });

  it('shares a queue among hosts, and one that leaves hands its share over', async () => {
    const { url } = await startMosquitto({ extraConfig: ['max_queued_messages 0'] });
    const lines = ['qos = 2', 'queue = "in/+"', 'on_stop = "leave"'];
    const apps = [1, 2].map(() => stepsApp(url, ['echo in/+ out/'], lines));
    const hosts = await Promise.all(apps.map((app) => app.serve('pulling', ['--log', 'debug'])));
    for (const host of hosts) await host.waitFor(/subscribed to/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    const send = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await publish(client, `in/${i % 7}`, String(i), { qos: 2 });
    };
    await send(0, 100);
    hosts[1]?.child.kill('SIGTERM');
    await send(100, 200);
    expect(await hosts[1]?.exited).toEqual(OK);
    await out.until(200);
    expect(
      out
        .texts()
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 200 }, (_, i) => i));
    for (const host of hosts) expect(host.stderr().match(/handled "in/g)?.length).toBeGreaterThan(20);
    expect(hosts[1]?.stderr()).not.toMatch(/could not hand over/);
  });
});
