import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { certificates } from '../support/certificates.ts';
import { spawnHost } from '../support/cli.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { freePort } from '../support/ports.ts';
import { App, appToml } from './app.ts';

const SECRET = 'correct-horse-battery';
const USERS = { passwordFile: { shop: SECRET, tester: 'tester' } };
const ACL = [
  'user shop',
  'topic read commands/#',
  'topic write out/allowed',
  'user tester',
  'topic readwrite #',
  '',
].join('\n');

describeWithMosquitto('a connection with everything', () => {
  it('uses mutual TLS, a password from the environment and a will; no secret is logged', async () => {
    const broker = await startMosquitto({ ...USERS, tls: 'mutual' });
    const lines = [
      'topic = "commands/#"',
      'username = "shop"',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
      'password = "${env:SHOP_PASSWORD}"',
      'will = { topic = "out/will", payload = "gone", qos = 1 }',
      'tls = { ca = "ca.pem", cert = "client.pem", key = "client.key" }',
    ];
    const app = new App(appToml([{ url: `mqtts://127.0.0.1:${broker.tlsPort}`, lines }]));
    const { ca, client: own } = certificates;
    writeFileSync(join(app.directory, 'ca.pem'), ca.pem);
    writeFileSync(join(app.directory, 'client.pem'), own.cert.pem);
    writeFileSync(join(app.directory, 'client.key'), own.key.pem);
    const { path } = await buildGuest('misbehaving');
    const args = ['run', app.file, path, '--log', 'trace', '--log-format', 'json'];
    const host = spawnHost(args, { env: { SHOP_PASSWORD: SECRET } });
    await host.waitFor(/"kind":"subscribed"/);
    const client = await connectClient(broker.url, { username: 'tester', password: 'tester' });
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/a 1');
    expect((await out.next()).topic).toBe('out/a');
    await host.waitFor(/"kind":"handled"/);
    await host.kill('SIGKILL');
    expect((await out.next()).text).toBe('gone');
    const records = host
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['started', 'connected', 'handled', 'published']),
    );
    expect(host.stderr() + host.stdout()).not.toContain(SECRET);
    expect(host.stderr()).not.toContain('PRIVATE KEY');
  });

  it('keeps trying with a wrong password, says why, and shows no secret', async () => {
    const broker = await startMosquitto(USERS);
    const url = `mqtt://shop:${SECRET}-wrong@127.0.0.1:${broker.port}`;
    const host = await new App(appToml([{ url, lines: ['topic = "commands/#"'] }])).run('misbehaving');
    await host.waitFor(/not authori[sz]ed|bad user ?name or password/i);
    expect(host.running).toBe(true);
    expect(host.stderr()).not.toContain(SECRET);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it("hands the broker's refusal of a publish to the guest as the typed error", async () => {
    const broker = await startMosquitto({ ...USERS, acl: ACL });
    const url = `mqtt://shop:${SECRET}@127.0.0.1:${broker.port}`;
    const lines = ['topic = "commands/#"', 'retry = { attempts = 1 }'];
    const host = await new App(appToml([{ url, lines }])).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(broker.url, { username: 'tester', password: 'tester' });
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/forbidden 1');
    await host.waitFor(/dead letter.*permission-denied/i);
    await publish(client, 'commands/a', 'publish out/allowed 1');
    expect((await out.next()).topic).toBe('out/allowed');
  });

  it('tries a list of urls in turn, over WebSocket too', async () => {
    const broker = await startMosquitto({ websockets: true });
    const dead = await freePort();
    const toml = appToml([{ url: 'x', lines: ['topic = "commands/#"'] }]);
    const urls = `["tcp://127.0.0.1:${dead}", "ws://127.0.0.1:${broker.wsPort}/mqtt"]`;
    const host = await new App(toml.replace('"x"', urls)).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(broker.url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/a 1');
    expect((await out.next()).topic).toBe('out/a');
  });

  it('ends with exit code 4 where the broker grants a lower qos', async () => {
    const { url } = await startMosquitto({ maxQos: 1 });
    const host = await new App(appToml([{ url, lines: ['qos = 2', 'topic = "commands/#"'] }])).run('misbehaving');
    expect((await host.exited).code).toBe(4);
    expect(host.stderr()).toMatch(/qos/i);
  });
});

describe('host broker', () => {
  it('serves until a signal, on the addresses it is given', async () => {
    const [tcp, ws] = [await freePort(), await freePort()];
    const listen = ['--listen', `tcp://127.0.0.1:${tcp}`, '--listen', `ws://127.0.0.1:${ws}`];
    const broker = spawnHost(['broker', ...listen]);
    await broker.waitFor(/listens on ws:/);
    const client = await connectClient(`mqtt://127.0.0.1:${tcp}`, { protocolVersion: 4 });
    const out = await collect(client, 'a');
    await publish(client, 'a', 'hello');
    expect((await out.next()).text).toBe('hello');
    expect(await broker.kill('SIGINT')).toEqual({ code: 0, signal: null });
  });

  it('says what to do where the port is taken', async () => {
    const port = await freePort();
    const first = spawnHost(['broker', '--listen', `tcp://127.0.0.1:${port}`]);
    await first.waitFor(/listens on/);
    const second = spawnHost(['broker', '--listen', `tcp://127.0.0.1:${port}`]);
    expect((await second.exited).code).toBe(4);
    expect(second.stderr()).toMatch(/something else listens there already/);
  });
});
