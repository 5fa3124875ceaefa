import { beforeAll, expect, it } from 'vitest';
import { spawnHost } from '../support/cli.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';
import { buildShop, SHOP_HANDLERS } from './shop.ts';
import { startEmbedded } from './steps.ts';

const OK = { code: 0, signal: null };
const WAIT = 60_000;

/** Where, and what the host and the outside client speak there. */
const sites = [
  ['Mosquitto', '5', 5, async () => (await startMosquitto()).url],
  ['Mosquitto', '"3.1.1"', 4, async () => (await startMosquitto()).url],
  ['the embedded broker', '"3.1.1"', 4, startEmbedded],
] as const;

let shop: string;
beforeAll(async () => {
  shop = await buildShop();
});

/** Bindings of one app that differ in these lines; what they publish goes out at qos 2. */
const appOf = (url: string, bindings: readonly (readonly string[])[], more: readonly string[] = []) =>
  new App(appToml(bindings.map((lines) => ({ url, lines: ['qos = 2', 'publish = ["out/#"]', ...lines, ...more] }))));

const subscribedTo = (filter: string) => new RegExp(`subscribed to "${filter.replace(/[$+/]/g, '\\$&')}`);

describeWithMosquitto('handlers', () => {
  it.each(sites)(
    'of the contract, the world and an interface, sync and async, each for its binding (%s, protocol %s)',
    async (_, protocol, protocolVersion, start) => {
      const url = await start();
      const names = Object.keys(SHOP_HANDLERS);
      const lines = names.map((name, i) => [`topic = "in/${i}"`, `on_message = "${name}"`, 'dead_letter = "dead"']);
      const host = await appOf(url, lines, [`protocol = ${protocol}`]).serve(shop);
      for (const i of names.keys()) await host.waitFor(subscribedTo(`in/${i}`));
      const client = await connectClient(url, { protocolVersion });
      const out = await collect(client, 'out/#', { qos: 2 });
      const dead = await collect(client, 'dead', { qos: 2 });
      for (const i of names.keys()) {
        await publish(client, `in/${i}`, 'publish out/@ done', { qos: 2 });
        // Nothing of a call that fails is published.
        await publish(client, `in/${i}`, 'publish out/@ undone\nreject', { qos: 2 });
      }
      await dead.until(names.length, WAIT);
      await out.until(names.length, WAIT);
      expect(await host.kill('SIGTERM')).toEqual(OK);
      const wanted = Object.values(SHOP_HANDLERS);
      expect(out.received.map(({ topic }) => topic).toSorted()).toEqual(wanted.map((name) => `out/${name}`).toSorted());
      for (const [i, name] of wanted.entries())
        expect(host.stderr()).toMatch(
          new RegExp(`\\[b${i}\\] the message on "in/${i}" is a dead letter .*rejected: ${name}\\n`),
        );
    },
  );

  it('that are not exported or none stop the start before anything connects, and the check', async () => {
    const broker = await startMosquitto();
    const app = appOf(broker.url, [
      ['topic = "a"', 'on_message = "on_count"'],
      ['name = "fine"', 'topic = "b"', 'on_message = "on_note"'],
      ['topic = "c"', 'delivery = "push"', 'on_message = "on_ordr"'],
    ]);
    const run = await app.run(shop);
    const check = spawnHost(['check', app.file, shop]);
    for (const host of [run, check]) {
      expect((await host.exited).code).toBe(3);
      expect(host.stderr()).toMatch(/app\.toml:12: binding "b0": .* found func\(count: u32\) -> u32; /);
      expect(host.stderr()).toMatch(
        /app\.toml:28: binding "b2": the component does not export the handler "on_ordr"; it exports .*on-order.*acme:shop\/orders@1\.4\.0#on-return/,
      );
      expect(host.stderr()).not.toContain('"fine"');
    }
    expect(broker.log()).not.toContain('New client connected');
  });

  it('are shown by "host check" with their bindings', async () => {
    const bindings = Object.keys(SHOP_HANDLERS).map((name, i) => [`topic = "in/${i}"`, `on_message = "${name}"`]);
    const check = spawnHost(['check', appOf('tcp://127.0.0.1:1', bindings).file, shop]);
    expect(await check.exited).toEqual(OK);
    for (const [i, name] of Object.keys(SHOP_HANDLERS).entries())
      expect(check.stdout()).toContain(`  binding "b${i}": push to ${name}\n`);
    expect(check.stdout()).toMatch(/handlers {2}on_message, .*on_note/);
  });
});

describeWithMosquitto('filters', () => {
  it.each(sites)(
    'of one binding and of several: a copy for each binding that matches (%s, protocol %s)',
    async (_, protocol, protocolVersion, start) => {
      const url = await start();
      const bindings = [
        ['topic = ["a/+", "b", "c/#"]', 'on_message = "on_message"'],
        ['topic = "a/#"', 'on_message = "on_note"'],
        // Queues of one group are apart where their filters are, and of one filter where their groups are.
        ['queue = ["a/1", "b"]', 'on_message = "on_order"'],
        ['queue = "a/+"', 'on_message = "acme:shop/orders#on-order"'],
        ['queue = "a/+"', 'group = "others"', 'on_message = "acme:shop/orders#on-return"'],
      ];
      const host = await appOf(url, bindings, [`protocol = ${protocol}`]).serve(shop);
      for (const filter of ['a/+', 'a/#', '$share/e2e/a/1', '$share/e2e/a/+', '$share/others/a/+'])
        await host.waitFor(subscribedTo(filter));
      const client = await connectClient(url, { protocolVersion });
      const out = await collect(client, 'out/#', { qos: 2 });
      const topics = ['a/1', 'a/2', 'b', 'c/1/2', 'd'];
      for (const topic of topics) await publish(client, topic, `publish out/@/${topic} x`, { qos: 2 });
      const wanted = [
        ...['a/1', 'a/2', 'b', 'c/1/2'].map((topic) => `contract/${topic}`),
        ...['a/1', 'a/2'].map((topic) => `world/${topic}`),
        ...['a/1', 'b'].map((topic) => `world-async/${topic}`),
        ...['a/1', 'a/2'].flatMap((topic) => [`interface/${topic}`, `interface-async/${topic}`]),
      ];
      await out.until(wanted.length, WAIT);
      // A drained host has sent all that it had: none came twice.
      expect(await host.kill('SIGTERM')).toEqual(OK);
      await publish(client, 'out/last', '', { qos: 2 });
      await out.until(wanted.length + 1, WAIT);
      expect(out.received.map(({ topic }) => topic).toSorted()).toEqual(
        [...wanted, 'last'].map((topic) => `out/${topic}`).toSorted(),
      );
    },
  );
});

describeWithMosquitto('names of bindings', () => {
  it('stay with broker, kind and filters when the order in the file changes', async () => {
    const [one, two] = [await startMosquitto(), await startMosquitto()];
    const binding = (url: string, ...lines: string[]) => ({ url, lines: ['publish = ["out/#"]', ...lines] });
    const [a, b, c, d] = [
      binding(one.url, 'topic = "x/#"'),
      binding(two.url, 'topic = "x/#"', 'on_message = "on_note"'),
      binding(one.url, 'queue = "x/#"', 'group = "first"'),
      binding(one.url, 'queue = "x/#"', 'group = "second"'),
    ];
    const app = new App(appToml([a, b, c, d]));
    const sessions = (log: string) => [
      ...log.matchAll(/\[(b\d)\] subscriber connected to (\S+).*"(e2e-b\d-\w+)", (.*)\)/g),
    ];
    const first = await app.serve(shop);
    for (const name of ['b0', 'b1', 'b2', 'b3']) await first.waitFor(new RegExp(`\\[${name}\\] subscribed to`));
    expect(await first.kill('SIGTERM')).toEqual(OK);
    app.write(appToml([d, c, b, a]));
    const check = spawnHost(['check', app.file]);
    expect(await check.exited).toEqual(OK);
    expect(check.stdout().match(/^binding b\d .*line \d+/gm)).toEqual([
      'binding b3 (pubsub.mqtt, queue, line 7',
      'binding b2 (pubsub.mqtt, queue, line 13',
      'binding b1 (pubsub.mqtt, topic, line 19',
      'binding b0 (pubsub.mqtt, topic, line 25',
    ]);
    expect(check.stdout()).toMatch(/name +b3 +default: remembered in state_dir/);
    const second = await app.serve(shop);
    for (const name of ['b0', 'b1', 'b2', 'b3'])
      await second.waitFor(new RegExp(`\\[${name}\\] subscriber connected .*session resumed`));
    const before = sessions(first.stderr()).map(([, name, url, id]) => `${name} ${url} ${id}`);
    const after = sessions(second.stderr()).map(([, name, url, id]) => `${name} ${url} ${id}`);
    expect(before).toHaveLength(4);
    expect(after.toSorted()).toEqual(before.toSorted());
    // Of the kind topic: a queue subscribes on every connection, as Mosquitto forgets shared subscriptions.
    expect(second.stderr()).not.toMatch(/\[b[01]\] subscribed to/);
  });
});
