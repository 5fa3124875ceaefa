import { beforeAll, expect, it } from 'vitest';
import { spawnHost } from '../support/cli.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';
import { buildShop } from './shop.ts';

const OK = { code: 0, signal: null };
const WAIT = 60_000;

let shop: string;
beforeAll(async () => {
  shop = await buildShop();
});

/** One table of lines for each binding; the url is among them. */
const appOf = (...bindings: readonly (readonly [url: string, ...lines: string[]])[]) =>
  new App(appToml(bindings.map(([url, ...lines]) => ({ url, lines }))));

describeWithMosquitto('a publish', () => {
  it.each(['5', '"3.1.1"'])(
    'goes by the order of the file, and else by its message (protocol %s)',
    async (protocol) => {
      const [near, far] = [await startMosquitto(), await startMosquitto()];
      const version = `protocol = ${protocol}`;
      const app = appOf(
        [near.url, 'qos = 1', 'topic = "a"', version],
        [far.url, 'qos = 2', 'topic = "b"', 'transactional = false', version],
        [far.url, 'qos = 2', 'publish = ["alerts/#"]', version],
        [near.url, 'qos = 0', 'publish = ["alerts/urgent", "$app/x"]', version],
      );
      const host = await app.serve(shop);
      for (const topic of ['a', 'b']) await host.waitFor(new RegExp(`subscribed to "${topic}"`));
      const [inNear, inFar] = [await connectClient(near.url), await connectClient(far.url)];
      const collected = [
        await collect(inNear, '#', { qos: 2 }),
        await collect(inNear, '$app/#', { qos: 2 }),
        await collect(inFar, '#', { qos: 2 }),
        await collect(inFar, '$app/#', { qos: 2 }),
      ] as const;
      const lines = ['alerts/urgent', 'other', '$app/x'].map((topic) => `publish ${topic} x`).join('\n');
      await publish(inNear, 'a', lines, { qos: 2 });
      await publish(inFar, 'b', lines, { qos: 2 });
      await Promise.all([collected[0].until(2, WAIT), collected[1].until(2, WAIT), collected[2].until(4, WAIT)]);
      expect(await host.kill('SIGTERM')).toEqual(OK);
      const seen = collected.map(({ received }) => received.map(({ topic, qos }) => `${topic} ${qos}`).toSorted());
      expect(seen).toEqual([
        ['a 2', 'other 1'],
        ['$app/x 0', '$app/x 0'],
        // In file order alerts go to the other broker; what no filter matches goes where its message came from.
        ['alerts/urgent 2', 'alerts/urgent 2', 'b 2', 'other 2'],
        [],
      ]);
    },
  );

  it.each([
    ['other', ['publish = ["out/#", "+/b"]'], /the topic "other" is not granted .* grant "out\/#", "\+\/b"\n/],
    ['other', ['publish = []'], /the topic "other" is not granted .* grant nothing\n/],
    ['$app/x', [], /the topic "\$app\/x" is not granted .* grant every topic that does not start with "\$"\n/],
    // A wildcard at the first level does not take topics that start with "$" in [MQTT-4.7.2-1].
    ['$app/x', ['publish = "#"'], /the topic "\$app\/x" is not granted .* grant "#"\n/],
  ])('to %s through %j is permission-denied', async (topic, lines, expected) => {
    const { url } = await startMosquitto();
    const host = await appOf([url, 'topic = "in"', 'retry.attempts = 1', ...lines]).serve(shop);
    await host.waitFor(/subscribed to "in"/);
    const client = await connectClient(url);
    const out = await collect(client, '#');
    const system = await collect(client, '$app/#');
    await publish(client, 'in', `publish ${topic} x`);
    await host.waitFor(new RegExp(`publish to "${topic.replace('$', '\\$')}" failed: permission-denied: `));
    await host.waitFor(/the message on "in" is a dead letter/);
    expect(host.stderr()).toMatch(expected);
    await out.until(1, WAIT);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect(out.received.map((message) => message.topic)).toEqual(['in']);
    expect(system.received).toEqual([]);
  });

  it('of a transaction through a lower qos is warned about, at the start and by "host check"', async () => {
    const { url } = await startMosquitto();
    const app = appOf(
      [url, 'name = "in"', 'qos = 2', 'topic = "in"'],
      [url, 'name = "news"', 'qos = 1', 'publish = ["news/#"]'],
      [url, 'name = "noise"', 'qos = 0', 'publish = ["noise/#"]'],
      [url, 'name = "sure"', 'qos = 2', 'publish = ["sure/#"]'],
    );
    const check = spawnHost(['check', app.file, shop]);
    expect(await check.exited).toEqual(OK);
    const host = await app.serve(shop);
    for (const text of [host.stderr(), check.stdout()]) {
      expect(text).toMatch(/binding "in" .* may publish through binding "news" \(.*\) at qos 1: .* may be repeated/);
      expect(text).toMatch(/binding "in" .* may publish through binding "noise" \(.*\) at qos 0: .* may be lost/);
      expect(text.match(/may publish through/g)).toHaveLength(2);
    }
  });
});

describeWithMosquitto('a dead letter', () => {
  it('goes to the broker of its binding at its qos, whatever the guest may publish and others subscribe to', async () => {
    const [near, far] = [await startMosquitto(), await startMosquitto()];
    const app = appOf(
      [near.url, 'qos = 2', 'topic = "in"', 'dead_letter = "dead/near"', 'publish = ["dead/#"]'],
      // The topic of the first one's dead letters, at another broker.
      [far.url, 'qos = 1', 'topic = ["in", "dead/near"]', 'dead_letter = "dead/far"', 'publish = []'],
    );
    const host = await app.serve(shop);
    await host.waitFor(/\[b0\] subscribed to/);
    await host.waitFor(/\[b1\] subscribed to/);
    const [inNear, inFar] = [await connectClient(near.url), await connectClient(far.url)];
    const [deadNear, deadFar] = [
      await collect(inNear, 'dead/#', { qos: 2 }),
      await collect(inFar, 'dead/#', { qos: 2 }),
    ];
    await publish(inNear, 'in', 'reject', { qos: 2 });
    await publish(inFar, 'in', 'reject', { qos: 2 });
    const letters = [await deadNear.next(WAIT), await deadFar.next(WAIT)];
    expect(letters.map(({ topic, qos }) => `${topic} ${qos}`)).toEqual(['dead/near 2', 'dead/far 1']);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect([deadNear.received.length, deadFar.received.length]).toEqual([1, 1]);
  });
});
