import { cpSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { tempDirectory } from '../support/temp.ts';
import { App, appToml } from './app.ts';

const binding = (url: string, topic: string, more: readonly string[] = []) => ({
  url,
  lines: ['qos = 1', `topic = ${topic}`, 'publish = ["out/#"]', ...more],
});

describeWithMosquitto('sessions over restarts', () => {
  it('delivers filters taken out of the configuration no more', async () => {
    const { url } = await startMosquitto();
    const app = new App(appToml([binding(url, '["old/#", "kept/#"]')]));
    const first = await app.serve('misbehaving');
    await first.waitFor(/subscribed to "old\/#"/);
    await first.kill('SIGTERM');
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    app.write(appToml([binding(url, '["kept/#"]')]));
    await publish(client, 'kept/queued', 'publish out/queued 1');
    const second = await app.serve('misbehaving');
    expect((await out.next()).topic).toBe('out/queued');
    await second.waitFor(/subscribed|resumed/);
    await publish(client, 'old/a', 'publish out/old 1');
    await publish(client, 'kept/a', 'publish out/kept 1');
    expect((await out.next()).topic).toBe('out/kept');
    // The broker itself no longer routes it: nothing had to be dropped.
    expect(second.stderr()).not.toMatch(/matches none of/);
  });

  it.each(['5', '"3.1.1"'])(
    'hears from its queue again when the broker was restarted (protocol %s)',
    async (protocol) => {
      const broker = await startMosquitto({ persistence: true });
      const lines = ['qos = 1', 'queue = "jobs/+"', 'publish = ["out/#"]', `protocol = ${protocol}`];
      const host = await new App(appToml([{ url: broker.url, lines }])).serve('misbehaving');
      await host.waitFor(/subscribed to "\$share/);
      await broker.restart();
      await host.waitFor(/subscriber connected.*session resumed/);
      const client = await connectClient(broker.url);
      const out = await collect(client, 'out/#');
      // What comes before the host has subscribed again has nobody to be kept for.
      await eventually(async () => {
        await publish(client, 'jobs/a', 'publish out/a 1');
        return out.received.length > 0;
      });
      expect((await out.next()).topic).toBe('out/a');
    },
  );

  it('gives hosts from copies of one folder, made before its first run, sessions of their own', async () => {
    const { url } = await startMosquitto();
    const one = new App(appToml([binding(url, '"commands/#"')]));
    const copy = tempDirectory('copy');
    cpSync(one.directory, copy, { recursive: true });
    expect(readdirSync(copy)).toEqual(['app.toml']);
    const hosts = [
      await one.serve('misbehaving'),
      await new App(appToml([binding(url, '"commands/#"')]), copy).serve('misbehaving'),
    ];
    for (const host of hosts) await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/a 1');
    await out.until(2);
    for (const host of hosts) expect(host.running).toBe(true);
  });

  it('ends with one clear error where a copied folder carries its .host', async () => {
    const { url } = await startMosquitto();
    const one = new App(appToml([binding(url, '"commands/#"')]));
    const first = await one.serve('misbehaving');
    await first.waitFor(/subscribed to "commands/);
    await first.kill('SIGTERM');
    const copy = tempDirectory('copy');
    cpSync(one.directory, copy, { recursive: true });
    const original = await one.serve('misbehaving');
    const twin = await new App(appToml([binding(url, '"commands/#"')]), copy).serve('misbehaving');
    // Which of the two depends on how long the first had been connected.
    const ended = await Promise.race([original, twin].map((host) => host.exited.then(({ code }) => ({ host, code }))));
    expect(ended.code).toBe(4);
    expect(ended.host.stderr()).toMatch(/another client.*\.host/);
    expect((ended.host === original ? twin : original).running).toBe(true);
  });

  it('keeps the session of a broker whose url is spelt in another way', async () => {
    const { port } = await startMosquitto();
    const app = new App(appToml([binding(`tcp://127.0.0.1:${port}`, '"commands/#"')]));
    const first = await app.serve('misbehaving');
    await first.waitFor(/subscribed to "commands/);
    await first.kill('SIGTERM');
    const client = await connectClient(`mqtt://127.0.0.1:${port}`);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/queued 1');
    app.write(appToml([binding(`mqtt://localhost:${port}`, '"commands/#"')]));
    const second = await app.serve('misbehaving');
    expect((await out.next()).topic).toBe('out/queued');
    expect(second.stderr()).toMatch(/subscriber connected.*session resumed/);
    expect(second.stderr()).not.toMatch(/no binding of the configuration/);
  });

  it('loses nothing when unnamed bindings are swapped and one is deleted', async () => {
    const { url } = await startMosquitto();
    const [a, b, c] = ['"a/#"', '"b/#"', '"c/#"'].map((topic) => binding(url, topic)) as [
      ReturnType<typeof binding>,
      ReturnType<typeof binding>,
      ReturnType<typeof binding>,
    ];
    const app = new App(appToml([a, b, c]));
    const first = await app.serve('misbehaving');
    for (const topic of ['a', 'b', 'c']) await first.waitFor(new RegExp(`subscribed to "${topic}/#"`));
    await first.kill('SIGTERM');
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    for (const topic of ['a', 'b', 'c']) await publish(client, `${topic}/x`, `publish out/${topic} 1`);
    app.write(appToml([c, b]));
    const second = await app.serve('misbehaving');
    await out.until(2);
    expect(out.received.map(({ topic }) => topic).sort()).toEqual(['out/b', 'out/c']);
    await second.waitFor(/no binding of the configuration has any more/);
    await second.kill('SIGTERM');
    app.write(appToml([a, c, b]));
    const third = await app.serve('misbehaving');
    await third.waitFor(/subscribed to "a\/#"/);
    await publish(client, 'a/y', 'publish out/again 1');
    expect((await out.until(3))[2]?.topic).toBe('out/again');
  });
});
