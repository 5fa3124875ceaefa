import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { spawnHost } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { freePort } from '../support/ports.ts';
import { findProgram, spawnProcess } from '../support/process.ts';
import { App, appToml } from './app.ts';

const sensors = (url: string) =>
  appToml([{ url, lines: ['qos = 1', 'topic = "sensors/+/temperature"', 'publish = ["alerts/+"]'] }]);
const commands = (url: string, more: readonly string[] = []) =>
  appToml([{ url, lines: ['qos = 1', 'topic = "commands/#"', 'publish = ["out/#"]', ...more] }]);

describeWithMosquitto('host run on Mosquitto', () => {
  it.skipIf(findProgram('mosquitto_pub') === undefined)(
    'serves spin.example.toml, fed by mosquitto_pub -q 1 and seen by mosquitto_sub',
    async () => {
      const broker = await startMosquitto();
      const example = readFileSync(new URL('../../spin.example.toml', import.meta.url), 'utf8');
      const app = new App(example.replaceAll('tcp://localhost:1883', `tcp://127.0.0.1:${broker.port}`));
      const host = await app.serve('misbehaving');
      expect(host.stderr()).toMatch(/binding "b0".*not subscribed/);
      await host.waitFor(/subscribed to "group"/);
      const port = String(broker.port);
      const seen = spawnProcess('mosquitto_sub', ['-p', port, '-q', '1', '-t', 'result', '-C', '1', '-F', '%t %p']);
      await eventually(
        () => broker.log().includes('Received SUBSCRIBE') || /New client connected.*auto-/.test(broker.log()),
      );
      const sent = spawnProcess('mosquitto_pub', ['-p', port, '-q', '1', '-t', 'group', '-m', 'publish result 1']);
      expect((await sent.exited).code).toBe(0);
      expect((await seen.exited).code).toBe(0);
      expect(seen.stdout().trim()).toBe('result 1');
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    },
  );

  it('delivers readings to the sample guest and publishes its alerts', async () => {
    const { url } = await startMosquitto();
    const host = await new App(sensors(url)).serve('temperature-alerts');
    const client = await connectClient(url);
    const alerts = await collect(client, 'alerts/#');
    await host.waitFor(/subscribed to "sensors/);
    for (const celsius of [20, 31.5, 32, 25]) {
      await publish(client, 'sensors/kitchen/temperature', JSON.stringify({ celsius }));
    }
    const [raised, cleared] = await alerts.until(2);
    expect(JSON.parse(raised?.text ?? '')).toMatchObject({ sensor: 'kitchen', state: 'raised', celsius: 31.5 });
    expect(JSON.parse(cleared?.text ?? '')).toMatchObject({ sensor: 'kitchen', state: 'cleared', celsius: 25 });
    expect(raised?.properties).toMatchObject({ userProperties: { specversion: '1.0' } });
    await host.waitFor(/kitchen: alert raised/);
  });

  it.each(['5', '"3.1.1"'])('carries qos 2 in and out, once each (protocol %s)', async (protocol) => {
    const { url } = await startMosquitto({ extraConfig: ['max_queued_messages 0'] });
    const lines = ['qos = 2', 'topic = "commands/#"', 'publish = ["out/#"]', `protocol = ${protocol}`];
    const host = await new App(appToml([{ url, lines }])).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    const sent = Array.from({ length: 100 }, (_, i) => `out/${i}`);
    // One after another: Mosquitto loses what a client publishes beyond its receive maximum.
    for (const [i, topic] of sent.entries())
      await publish(client, `commands/${i % 7}`, `publish ${topic} 1`, { qos: 2 });
    await out.until(sent.length);
    await publish(client, 'commands/last', 'publish out/last 1', { qos: 2 });
    await out.until(sent.length + 1);
    expect(out.received.map(({ topic }) => topic).toSorted()).toEqual([...sent, 'out/last'].toSorted());
    expect(out.received.every(({ qos }) => qos === 2)).toBe(true);
  });

  it('keeps serving through a restart of the broker', async () => {
    const broker = await startMosquitto({ persistence: true });
    const host = await new App(commands(broker.url)).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    await broker.restart();
    const client = await connectClient(broker.url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/a 1');
    expect((await out.next(30_000)).topic).toBe('out/a');
  });

  it('keeps trying, and says so, while the broker is down at the start', async () => {
    const port = await freePort();
    const host = await new App(commands(`tcp://127.0.0.1:${port}`)).run('misbehaving');
    await host.waitFor(/connection refused/);
    await host.waitFor(/ started with /);
    const { url } = await startMosquitto({ port });
    await host.waitFor(/subscribed to "commands/, { timeout: 40_000 });
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/a 1');
    expect((await out.next(40_000)).topic).toBe('out/a');
  });

  it('terminates a guest in an endless loop at its deadline; session and other topics go on', async () => {
    const { url } = await startMosquitto();
    const app = new App(commands(url, ['timeout = "500ms"', 'retry = { attempts = 2, initial = "10ms" }']));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/stuck', 'loop');
    await host.waitFor(/dead letter/i);
    await publish(client, 'commands/fine', 'publish out/fine 1');
    expect((await out.next()).topic).toBe('out/fine');
    expect(host.stderr().match(/subscriber connected/g)?.length).toBe(1);
    expect(host.stderr()).not.toMatch(/disconnected|connection lost/i);
  });

  it('charges no attempt to messages on other topics while one loops', async () => {
    const { url } = await startMosquitto();
    const app = new App(commands(url, ['timeout = "2s"', 'retry = { attempts = 1 }']));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    const topics = Array.from({ length: 12 }, (_, i) => `out/${i}`);
    const sent = topics.map((topic, i) => publish(client, `commands/${i}`, `publish ${topic} 20`));
    await Promise.all([...sent, publish(client, 'commands/bad', 'loop')]);
    await host.waitFor(/"commands\/bad" is a dead letter/);
    // A call that was under way is run again, so events may come twice at qos 1, but all of them come.
    const seen = () => new Set(out.received.map(({ topic, text }) => `${topic} ${text}`)).size;
    while (seen() < topics.length * 20) await out.until(out.received.length + 1);
    expect(host.stderr().match(/is a dead letter/g)?.length).toBe(1);
  });

  it('stops a guest that allocates for ever at its cap', async () => {
    const { url } = await startMosquitto();
    const top = ['name = "e2e"', '', '[guest]', 'memory = "16MiB"'];
    const lines = ['qos = 1', 'topic = "commands/#"', 'retry = { attempts = 1 }', 'publish = ["out/#"]'];
    const host = await new App(appToml([{ url, lines }], top)).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/greedy', 'allocate');
    await host.waitFor(/dead letter/i, { timeout: 60_000 });
    await publish(client, 'commands/fine', 'publish out/fine 1');
    expect((await out.next()).topic).toBe('out/fine');
  });

  it.each(['err', 'throw', 'trap', 'overflow'])(
    'retries "%s", then keeps a dead letter and goes on',
    async (command) => {
      const { url } = await startMosquitto();
      const host = await new App(commands(url, ['retry = { attempts = 2, initial = "10ms" }'])).serve('misbehaving');
      await host.waitFor(/subscribed to "commands/);
      const client = await connectClient(url);
      const out = await collect(client, 'out/#');
      await publish(client, 'commands/same', command);
      await publish(client, 'commands/same', 'publish out/after 1');
      expect((await out.next()).topic).toBe('out/after');
      expect(host.stderr()).toMatch(/dead letter/i);
    },
  );

  it('hands a message over again, attempt by attempt, until the guest succeeds', async () => {
    const { url } = await startMosquitto();
    const host = await new App(commands(url, ['retry = { initial = "10ms" }'])).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    await publish(client, 'commands/a', 'fail-until 3');
    await host.waitFor(/handled "commands\/a"/);
    expect(host.stderr()).not.toMatch(/dead letter/i);
  });
});

describe('host run --with-broker', () => {
  it('starts the embedded broker where nothing listens, and serves a queue on it', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const app = new App(appToml([{ url, lines: ['qos = 1', 'queue = "jobs/+"', 'publish = ["out/#"]'] }]));
    const host = await app.serve('misbehaving', ['--with-broker']);
    await host.waitFor(/subscribed to "\$share\/e2e\/jobs/);
    const client = await connectClient(url.replace('tcp:', 'mqtt:'), { protocolVersion: 4 });
    const out = await collect(client, 'out/#');
    await publish(client, 'jobs/1', 'publish out/1 1');
    expect((await out.next()).topic).toBe('out/1');
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('refuses an url that is not on loopback', async () => {
    const { path } = await buildGuest('misbehaving');
    const app = new App(appToml([{ url: 'tcp://broker.example:1883', lines: ['topic = "a"'] }]));
    const host = spawnHost(['run', app.file, path, '--with-broker']);
    expect((await host.exited).code).toBe(2);
    expect(host.stderr()).toContain('tcp://broker.example:1883');
  });
});
