import { expect, it } from 'vitest';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';

const COUNT = 400;

const replica = (url: string, lines: readonly string[], top: readonly string[] = []) =>
  new App(appToml([{ url, lines: [...lines, 'publish = ["out/#"]'] }], ['name = "shop"', 'drain = "20s"', ...top]));

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `out/${i}`);

describeWithMosquitto('on_stop', () => {
  it.each([
    [1, '5'],
    [2, '5'],
    [2, '"3.1.1"'],
  ] as const)(
    '"leave" hands the share of a queue over: nothing is lost (qos %i, protocol %s)',
    async (qos, protocol) => {
      const { url } = await startMosquitto({ extraConfig: ['max_queued_messages 0'] });
      const lines = [`qos = ${qos}`, 'queue = "commands/#"', 'on_stop = "leave"', `protocol = ${protocol}`];
      const [stays, leaves] = [replica(url, lines), replica(url, lines)];
      const hosts = [await stays.serve('misbehaving'), await leaves.serve('misbehaving')] as const;
      for (const host of hosts) await host.waitFor(/subscribed to "\$share\/shop\/commands/);
      const client = await connectClient(url);
      const out = await collect(client, 'out/#', { qos: 2 });
      let sent = 0;
      const topics = numbered(COUNT);
      const send = async (until: number) => {
        while (sent < until) {
          const batch = topics.slice(sent, Math.min(sent + 10, until));
          sent += batch.length;
          // A slow guest, so that the leaving host has messages of its own to work off.
          const texts = batch.map((topic, i) => publish(client, `commands/${i}`, `publish ${topic} 1`, { qos }));
          await Promise.all([...texts, publish(client, 'commands/slow', 'sleep 5', { qos })]);
        }
      };
      await send(COUNT / 2);
      hosts[1].child.kill('SIGTERM');
      await send(COUNT);
      expect(await hosts[1].exited).toEqual({ code: 0, signal: null });
      await out.until(COUNT, 40_000);
      const seen = out.received.map(({ topic }) => topic);
      expect(new Set(seen)).toEqual(new Set(topics));
      if (qos === 2) expect(seen).toHaveLength(COUNT);
      expect(hosts[1].stderr()).not.toMatch(/could not hand over/);
      // Its session is gone with it: a new one begins.
      const back = await leaves.serve('misbehaving');
      expect(back.stderr()).toMatch(/subscriber connected .*new session/);
    },
  );

  it('"leave" keeps what could not be handed over within "drain" for a return', async () => {
    const { url } = await startMosquitto({ extraConfig: ['max_queued_messages 0'] });
    const lines = ['qos = 1', 'topic = "commands/#"', 'on_stop = "leave"', 'max_in_flight = 5'];
    const app = replica(url, lines, []);
    app.write(appToml([{ url, lines: [...lines, 'publish = ["out/#"]'] }], ['name = "shop"', 'drain = "500ms"']));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "commands/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#');
    await publish(client, 'commands/a', 'sleep 3000');
    for (const topic of numbered(20)) await publish(client, 'commands/a', `publish ${topic} 1`);
    await host.waitFor(/received "commands\/a"/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(host.stderr()).toMatch(/could not hand over everything within "drain"/);
    await publish(client, 'commands/a', 'publish out/unseen 1');
    const back = await app.serve('misbehaving');
    await back.waitFor(/subscriber connected .*session resumed/);
    await out.until(20, 20_000);
    // What was published while it was unsubscribed is not its own.
    expect(out.received.map(({ topic }) => topic)).toEqual(numbered(20));
  });

  it('publishes that could not leave are told of, and leave with the next start', async () => {
    const { url } = await startMosquitto();
    const away = await startMosquitto();
    await away.stop();
    const lines = ['qos = 2', 'queue = "commands/#"', 'on_stop = "leave"', 'publish = ["none"]'];
    const bindings = [
      { url, lines },
      { url: away.url, lines: ['name = "away"', 'qos = 2', 'publish = ["out/#"]'] },
    ];
    const app = new App(appToml(bindings, ['name = "shop"']));
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "\$share/);
    const client = await connectClient(url);
    await publish(client, 'commands/a', 'publish out/x 3', { qos: 2 });
    await host.waitFor(/handled/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(host.stderr()).toMatch(/\[away\] unsent publishes for .* \(3\) stay in the journal/);
    await away.restart();
    const out = await collect(await connectClient(away.url), 'out/#', { qos: 2 });
    await app.serve('misbehaving');
    await out.until(3, 20_000);
  });

  it('"keep" keeps the share for a restart, in a queue and in a fan-out', async () => {
    const { url } = await startMosquitto({ extraConfig: ['max_queued_messages 0'] });
    const app = replica(url, ['qos = 2', 'queue = "commands/#"', 'on_stop = "keep"']);
    const host = await app.serve('misbehaving');
    await host.waitFor(/subscribed to "\$share/);
    const client = await connectClient(url);
    const out = await collect(client, 'out/#', { qos: 2 });
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    for (const topic of numbered(30)) await publish(client, 'commands/a', `publish ${topic} 1`, { qos: 2 });
    await app.serve('misbehaving');
    await out.until(30, 20_000);
    expect(out.received.map(({ topic }) => topic)).toEqual(numbered(30));
  });
});
