import { beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeWithMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { type Collector, collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';
import { buildShop } from './shop.ts';

const OK = { code: 0, signal: null };
/** What a host may take to be back at a broker, where it tries again with backoff; and what anything else may take. */
const WAIT = 60_000;
const KEEPS = { persistence: true, extraConfig: ['max_queued_messages 0'] } as const;

let shop: string;
beforeAll(async () => {
  shop = await buildShop();
});

const appOf = (...bindings: readonly (readonly [url: string, ...lines: string[]])[]) =>
  new App(appToml(bindings.map(([url, ...lines]) => ({ url, lines }))));

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

/** A subscriber with a session that a broker keeps over its own restarts, and resumes. */
async function observer({ url }: Mosquitto, filter: string, clientId: string): Promise<Collector> {
  const properties = { sessionExpiryInterval: 3_600 };
  const client = await connectClient(url, { clientId, clean: false, reconnectPeriod: 200, properties });
  return collect(client, filter, { qos: 2 });
}

describeWithMosquitto('two brokers', () => {
  it.each(['5', '"3.1.1"'])(
    'take part in one commit: what is for the one that is down leaves when it is back, once (protocol %s)',
    async (protocol) => {
      const [near, far] = [await startMosquitto(KEEPS), await startMosquitto(KEEPS)];
      const common = [`protocol = ${protocol}`, 'format = "raw"'];
      const app = appOf(
        [near.url, 'qos = 2', 'queue = "in/+"', 'publish = ["near/#"]', ...common],
        [far.url, 'name = "far"', 'qos = 2', 'publish = ["far/#"]', ...common],
      );
      const client = await connectClient(near.url);
      const seenNear = await collect(client, 'near/#', { qos: 2 });
      const seenFar = await observer(far, 'far/#', 'observer');
      const both = (text: string) => `publish near/x ${text}\npublish far/x ${text}`;
      const send = async (from: number, to: number) => {
        for (const text of numbers(from, to)) {
          await publish(client, 'in/a', both(text), { qos: 2 });
          // What fails leaves nothing, at neither.
          await publish(client, 'in/b', `${both('failed')}\nreject`, { qos: 2 });
        }
      };
      const first = await app.serve(shop);
      await first.waitFor(/subscribed to "\$share/);
      await send(0, 10);
      await seenFar.until(10, WAIT);
      await far.stop();
      await send(10, 30);
      await seenNear.until(30, WAIT);
      // Killed while it holds what is for the other one.
      await first.kill('SIGKILL');
      const second = await app.serve(shop);
      await send(30, 40);
      await seenNear.until(40, WAIT);
      expect(seenFar.texts()).toEqual(numbers(0, 10));
      await far.restart();
      await seenFar.until(40, WAIT);
      expect(await second.kill('SIGTERM')).toEqual(OK);
      expect(second.stderr()).not.toMatch(/unsent publishes/);
      await publish(await connectClient(far.url), 'far/end', 'end', { qos: 2 });
      await seenFar.until(41, WAIT);
      expect(seenNear.texts()).toEqual(numbers(0, 40));
      expect(seenFar.texts()).toEqual([...numbers(0, 40), 'end']);
    },
  );

  it('are apart: each goes on while the other is down, from the start on', async () => {
    const [one, two] = [await startMosquitto(KEEPS), await startMosquitto(KEEPS)];
    // One client id is two clients at two brokers.
    const lines = ['qos = 1', 'topic = "in/+"', 'client_id = "shop"'];
    const app = appOf([one.url, ...lines], [two.url, ...lines]);
    await two.stop();
    const host = await app.serve(shop);
    await host.waitFor(/\[b0\] subscribed to/);
    const atOne = await observer(one, 'out', 'observer');
    await publish(await connectClient(one.url), 'in/a', 'publish out first');
    await atOne.until(1, WAIT);
    await host.waitFor(/\[b1\] subscriber cannot reach/);
    await two.restart();
    await host.waitFor(/\[b1\] subscribed to/, { timeout: WAIT });
    const atTwo = await observer(two, 'out', 'observer');
    await one.stop();
    await host.waitFor(/\[b0\] subscriber (lost|cannot reach)/);
    await publish(await connectClient(two.url), 'in/a', 'publish out second');
    await atTwo.until(1, WAIT);
    await one.restart();
    await host.waitFor(/\[b0\] subscriber connected .*session resumed/, { timeout: WAIT });
    await publish(await connectClient(one.url), 'in/a', 'publish out third');
    await atOne.until(2, WAIT);
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect([atOne.texts(), atTwo.texts()]).toEqual([['first', 'third'], ['second']]);
  });

  it('outside of a transaction: a publish to the one that is down holds its own binding, and is no attempt', async () => {
    const [near, far] = [await startMosquitto(KEEPS), await startMosquitto(KEEPS)];
    const app = appOf(
      [near.url, 'name = "across"', 'topic = "across/+"', 'timeout = "1s"', 'retry.attempts = 1', 'publish = []'],
      [near.url, 'name = "beside"', 'topic = "beside"', 'publish = ["out/beside"]'],
      [far.url, 'name = "far"', 'publish = ["out/far"]'],
    );
    const host = await app.serve(shop);
    await host.waitFor(/\[across\] subscribed/);
    await host.waitFor(/\[beside\] subscribed/);
    const client = await connectClient(near.url);
    const beside = await collect(client, 'out/#');
    const seenFar = await observer(far, 'out/far', 'observer');
    await far.stop();
    for (const text of numbers(0, 5)) await publish(client, `across/${text}`, `publish out/far ${text}`);
    await host.waitFor(/publish to "out\/far" failed: connection: /);
    for (const text of numbers(0, 20)) await publish(client, 'beside', `publish out/beside ${text}`);
    await beside.until(20, WAIT);
    await far.restart();
    await eventually(() => new Set(seenFar.texts()).size === 5, { timeout: WAIT });
    expect(await host.kill('SIGTERM')).toEqual(OK);
    expect(host.stderr()).not.toMatch(/dead letter/);
    expect(seenFar.texts().toSorted()).toEqual(numbers(0, 5));
  });
});
