/**
 * How fast a backlog at a real Mosquitto is worked off at qos 2: `node test/bench/qos2-mosquitto.ts`. The host with its
 * journal and a guest of a few instructions, for each `durability`, against a subscriber with stock mqtt.js, which keeps
 * its state in memory; in turns, medians of `ROUNDS` (5) rounds of `MESSAGES` (20000). The messages are queued first, so
 * that no producer takes part of the machine meanwhile. Here the broker is often the limit; `qos2.ts` is without one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { syncGuest } from '../component/support/guests.ts';
import { freePort } from '../support/ports.ts';
import { findProgram, type SpawnedProcess, spawnProcess } from '../support/process.ts';

const { ROUNDS = '5', MESSAGES = '20000' } = process.env;
const COUNT = Number(MESSAGES);
/** What Mosquitto takes from one publisher at a time. */
const WINDOW = 20;
const BODY = `ok ${'x'.repeat(253)}`;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'wasi-pubsub-host-bench-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const small = join(root, 'small.wasm');
writeFileSync(small, await syncGuest());

interface Consumer {
  start(): SpawnedProcess;
  /** Its session is there. */
  subscribed(process: SpawnedProcess): Promise<unknown>;
  /** Messages a second, once the backlog is worked off. */
  rate(process: SpawnedProcess): Promise<number>;
}

type Make = (port: number, dir: string) => Promise<Consumer>;

const stock: Make = async (port) => ({
  start: () => spawnProcess(process.execPath, [here('./backlog-stock.ts'), `mqtt://127.0.0.1:${port}`, MESSAGES]),
  subscribed: (client) => client.waitFor('subscribed'),
  rate: async (client) => Number((await client.waitFor(/rate (\d+)/, { timeout: 120_000 }))[1]),
});

async function handled(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
  return Number(/^host_messages_handled_total\S* (\d+)/m.exec((await answer?.text()) ?? '')?.[1] ?? 0);
}

async function when(port: number, count: number): Promise<{ readonly at: number; readonly count: number }> {
  for (;;) {
    const found = await handled(port);
    if (found >= count) return { at: performance.now(), count: found };
    await delay(5);
  }
}

const host =
  (durability: string): Make =>
  async (port, dir) => {
    const metrics = await freePort();
    const file = join(dir, 'app.toml');
    const top = ['specversion = "0.2"', 'name = "bench"', `durability = "${durability}"`];
    const telemetry = ['[telemetry]', `http = "127.0.0.1:${metrics}"`];
    const binding = [`url = "tcp://127.0.0.1:${port}"`, 'qos = 2', 'topic = "bench/#"'];
    const capability = ['[[capability]]', 'name = "pubsub.mqtt"', '[[capability.config]]', ...binding];
    writeFileSync(file, [...top, ...telemetry, ...capability].join('\n'));
    return {
      start: () => spawnProcess(process.execPath, [here('../../host/bin.js'), 'run', file, small, '--log', 'info']),
      subscribed: (server) => server.waitFor(/subscribed to/),
      rate: async () => {
        const [first, last] = [await when(metrics, COUNT / 10), await when(metrics, COUNT)];
        return Math.round(((last.count - first.count) / (last.at - first.at)) * 1000);
      },
    };
  };

async function fill(port: number): Promise<void> {
  const producer = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  let sent = 0;
  const send = async () => {
    while (sent < COUNT) await producer.publishAsync(`bench/${sent++ % 16}`, BODY, { qos: 2 });
  };
  await Promise.all(Array.from({ length: WINDOW }, send));
  await producer.endAsync();
}

async function measure(make: Make, program: string): Promise<number> {
  const [port, dir] = [await freePort(), mkdtempSync(join(root, 'run-'))];
  const config = join(dir, 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n`);
  const broker = spawnProcess(program, ['-c', config]);
  await broker.waitFor(/running/);
  const consumer = await make(port, dir);
  const first = consumer.start();
  await consumer.subscribed(first);
  await first.kill('SIGTERM');
  await fill(port);
  const second = consumer.start();
  try {
    return await consumer.rate(second);
  } finally {
    await second.kill('SIGKILL');
    await broker.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

const VARIANTS: Readonly<Record<string, Make>> = {
  'stock mqtt.js, in memory': stock,
  'host with small guest, durability "process"': host('process'),
  'host with small guest, durability "power"': host('power'),
};

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const program = findProgram('mosquitto', ['/usr/sbin']);
if (program === undefined) throw new Error('mosquitto is not installed (apt-get install mosquitto)');
const rates = new Map<string, number[]>(Object.keys(VARIANTS).map((name) => [name, []]));
for (let round = 1; round <= Number(ROUNDS); round++)
  for (const [name, make] of Object.entries(VARIANTS)) rates.get(name)?.push(await measure(make, program));
const [[, base = []] = []] = rates;
for (const [name, each] of rates) {
  const share = (median(each) / median(base)).toFixed(2);
  console.log(`${name.padEnd(46)} ${median(each)} messages/s  ${share} of stock  (${each.join(' ')})`);
}
