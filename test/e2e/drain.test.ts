import { expect, it } from 'vitest';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';

const app = (url: string, top: readonly string[] = []) =>
  new App(
    appToml([{ url, lines: ['qos = 1', 'topic = "commands/#"', 'publish = ["out/#"]'] }], ['name = "e2e"', ...top]),
  );

describeWithMosquitto('SIGTERM with messages in flight', () => {
  it('lets a running call finish, acknowledges it, exits 0, and leaves the rest to the next run', async () => {
    const { url } = await startMosquitto();
    const subject = app(url);
    const first = await subject.serve('misbehaving');
    await first.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'sleep 1500');
    for (let i = 0; i < 20; i++) await publish(client, 'commands/a', `publish out/${i} 1`);
    await first.waitFor(/received "commands\/a"/);
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(first.stderr()).toMatch(/handled "commands\/a" in 1\.[0-9] s/);
    expect(out.received).toEqual([]);
    const second = await subject.serve('misbehaving');
    await out.until(20);
    expect(out.received.map(({ topic }) => topic)).toEqual(Array.from({ length: 20 }, (_, i) => `out/${i}`));
    expect(second.stderr()).not.toMatch(/in 1\.[0-9] s/);
  });

  it('cuts a call that outlives "drain", and repeats that one only', async () => {
    const { url } = await startMosquitto();
    const subject = app(url, ['drain = "300ms"']);
    const first = await subject.serve('misbehaving');
    await first.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'publish out/before 1');
    await out.next();
    await publish(client, 'commands/a', 'sleep 20000');
    await publish(client, 'commands/b', 'log unreachable behind the sleeping worker');
    await first.waitFor(/received "commands\/b"/);
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    subject.write(
      appToml([
        {
          url,
          lines: [
            'qos = 1',
            'topic = "commands/#"',
            'publish = ["out/#"]',
            'timeout = "2s"',
            'retry = { attempts = 1 }',
          ],
        },
      ]),
    );
    const second = await subject.serve('misbehaving');
    await second.waitFor(/dead letter/i);
    await second.waitFor(/handled "commands\/b"/);
    expect(out.received.map(({ topic }) => topic)).toEqual(['out/before']);
  });

  it('exits at once on a second signal', async () => {
    const { url } = await startMosquitto();
    const host = await app(url).serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    await publish(client, 'commands/a', 'sleep 20000');
    await host.waitFor(/received "commands\/a"/);
    host.child.kill('SIGTERM');
    await host.waitFor(/draining/);
    expect((await host.kill('SIGTERM')).code).toBe(1);
  });
});
