import type { MqttClient } from 'mqtt';
import { expect, it } from 'vitest';
import type { QoS } from '../../src/types.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { type Collector, collect, connectClient, publish, type Received } from '../support/mqtt-client.ts';
import type { SpawnedProcess } from '../support/process.ts';
import { App, appToml } from './app.ts';
import { startEmbedded } from './steps.ts';

const OK = { code: 0, signal: null };
const WAIT = 60_000;
const FILTERS = '["in/+", "also/+"]';
const COUNT = 120;
const TOPICS = 15;

const mosquitto = async () => (await startMosquitto({ extraConfig: ['max_queued_messages 0'] })).url;

/** The host speaks `protocol`; the outside client `version`. */
const MOSQUITTO = { at: 'Mosquitto', protocol: '5', version: 5, broker: mosquitto } as const;
const OLDER = { ...MOSQUITTO, protocol: '"3.1.1"', version: 4 } as const;
const EMBEDDED = { ...OLDER, at: 'the embedded broker', broker: startEmbedded } as const;
const sites = [
  { ...MOSQUITTO, qos: 0 },
  { ...MOSQUITTO, qos: 1 },
  { ...MOSQUITTO, qos: 2 },
  { ...OLDER, qos: 2 },
  { ...EMBEDDED, qos: 1 },
  { ...EMBEDDED, qos: 2 },
] as const;

/** Hosts by their names, each with these lines in its binding; what it publishes has its name in the event's source. */
async function start(names: readonly string[], url: string, lines: readonly string[]) {
  const hosts = names.map(async (name) => {
    const binding = { url, lines: ['publish = ["out/#"]', ...lines] };
    const host = await new App(appToml([binding], [`name = "${name}"`])).serve('misbehaving', ['--log', 'debug']);
    await host.waitFor(/subscribed to/);
    return host;
  });
  return Promise.all(hosts);
}

/** Of a CloudEvent in binary or structured mode. */
function sourceOf({ text, properties }: Received): string {
  const { userProperties } = properties;
  const { source } = (userProperties ?? JSON.parse(text)) as { readonly source?: unknown };
  return String(source);
}

/** By the host that published them, the numbers of the messages that it handled, sorted. */
function handledBy({ received }: Collector): ReadonlyMap<string, readonly number[]> {
  const byHost = new Map<string, number[]>();
  for (const message of received) {
    if (message.topic === END) continue;
    const host = sourceOf(message).slice(1);
    byHost.set(host, [...(byHost.get(host) ?? []), Number(message.topic.split('/')[1])]);
  }
  for (const numbers of byHost.values()) numbers.sort((a, b) => a - b);
  return byHost;
}

/** The last message: what it is told after has come. */
const END = 'out/end';

const numbers = Array.from({ length: COUNT }, (_, i) => i);

interface Exchange {
  readonly client: MqttClient;
  readonly out: Collector;
  readonly hosts: readonly SpawnedProcess[];
}

/** Sends messages that each make one on `out/<number>`, in turn on two filters; `before` is awaited before each. */
async function send(client: MqttClient, qos: QoS, before = async (_: number) => {}): Promise<void> {
  for (const i of numbers) {
    await before(i);
    await publish(client, `${i % 2 === 0 ? 'in' : 'also'}/${i % TOPICS}`, `publish out/${i} 1`, { qos });
  }
}

/** When all of `count` events have come, and the hosts, drained, have nothing more to send: who handled what. */
async function settled({ client, out, hosts }: Exchange, count: number) {
  await out.until(count, WAIT);
  for (const host of hosts) expect(await host.kill('SIGTERM')).toEqual(OK);
  await publish(client, END, '', { qos: 2 });
  await out.until(count + 1, WAIT);
  return handledBy(out);
}

async function outside(url: string, protocolVersion: 4 | 5 = 5) {
  const client = await connectClient(url, { protocolVersion });
  return { client, out: await collect(client, 'out/#', { qos: 2 }) };
}

const sorted = (shares: Iterable<readonly number[]>) => [...shares].flat().toSorted((a, b) => a - b);

describeWithMosquitto('hosts', () => {
  it.each(sites)(
    'that share a queue handle each message once, and each its share ($at, protocol $protocol, qos $qos)',
    async ({ protocol, version, qos, broker }) => {
      const url = await broker();
      const names = ['one', 'two', 'three'];
      const lines = [`qos = ${qos}`, `protocol = ${protocol}`, `queue = ${FILTERS}`, 'group = "shop"'];
      const hosts = await start(names, url, lines);
      const { client, out } = await outside(url, version);
      await send(client, qos);
      const split = await settled({ client, out, hosts }, COUNT);
      expect(sorted(split.values())).toEqual(numbers);
      expect([...split.keys()].toSorted()).toEqual(names.toSorted());
      for (const share of split.values()) expect(share.length).toBeGreaterThanOrEqual(COUNT / 10);
    },
  );

  it.each(sites.filter(({ at, version, qos }) => version === 5 || (at !== 'Mosquitto' && qos === 1)))(
    'that subscribe to a topic each get every message ($at, protocol $protocol, qos $qos)',
    async ({ protocol, version, qos, broker }) => {
      const url = await broker();
      const names = ['one', 'two', 'three'];
      const hosts = await start(names, url, [`qos = ${qos}`, `protocol = ${protocol}`, `topic = ${FILTERS}`]);
      const { client, out } = await outside(url, version);
      await send(client, qos);
      const split = await settled({ client, out, hosts }, COUNT * names.length);
      expect(split).toEqual(new Map([...split.keys()].map((name) => [name, numbers])));
      expect([...split.keys()].toSorted()).toEqual(names.toSorted());
    },
  );

  it('of different groups each get all, and share them within a group, which is the name of the app by default', async () => {
    const url = await mosquitto();
    const lines = ['qos = 2', `queue = ${FILTERS}`];
    const pair = await start(['one', 'two'], url, [...lines, 'group = "pair"']);
    const hosts = [...pair, ...(await start(['single'], url, lines))];
    const { client, out } = await outside(url);
    await send(client, 2);
    const split = await settled({ client, out, hosts }, COUNT * 2);
    expect(split.get('single')).toEqual(numbers);
    const shares = ['one', 'two'].map((name) => split.get(name) ?? []);
    expect(sorted(shares)).toEqual(numbers);
    for (const share of shares) expect(share.length).toBeGreaterThanOrEqual(COUNT / 10);
  });

  it.each([0, 1, 2] as const)(
    'that leave a queue hand over, one after the other, in all its filters (qos %i)',
    async (qos) => {
      const url = await mosquitto();
      const lines = [`qos = ${qos}`, `queue = ${FILTERS}`, 'group = "shop"', 'on_stop = "leave"'];
      const [one, two, three] = [
        await start(['one'], url, lines),
        await start(['two'], url, lines),
        await start(['three'], url, lines),
      ].flat() as [SpawnedProcess, SpawnedProcess, SpawnedProcess];
      const { client, out } = await outside(url);
      await send(client, qos, async (i) => {
        if (i === COUNT / 3) {
          // Each has had a share of its own by now, and more is on its way.
          await out.until(COUNT / 6, WAIT);
          one.child.kill('SIGTERM');
        } else if (i === (COUNT / 3) * 2) {
          await out.until(COUNT / 2, WAIT);
          two.child.kill('SIGTERM');
        }
      });
      expect(await Promise.all([one.exited, two.exited])).toEqual([OK, OK]);
      const split = await settled({ client, out, hosts: [three] }, COUNT);
      expect(sorted(split.values())).toEqual(numbers);
      expect([...split.keys()].toSorted()).toEqual(['one', 'three', 'two']);
      for (const host of [one, two]) expect(host.stderr()).not.toMatch(/could not hand over/);
    },
  );
});
