/**
 * How fast messages come in at qos 2: `node test/bench/qos2.ts`. The host with its journal, for each `durability`, with
 * a guest of a few instructions, with one on QuickJS (`misbehaving`, which decodes 256 bytes in JavaScript) and with
 * none, against a subscriber with stock mqtt.js, which keeps its state in memory. All read from the same source, in turns; medians of `ROUNDS` (5) rounds of `MESSAGES` (40000), a
 * window of `WINDOW` (100) messages under way.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuest } from '../../guests/build.ts';
import { syncGuest } from '../component/support/guests.ts';
import { freePort } from '../support/ports.ts';
import { type SpawnedProcess, spawnProcess } from '../support/process.ts';

const { ROUNDS = '5', MESSAGES = '40000', WINDOW = '100' } = process.env;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const node = (...args: string[]) => spawnProcess(process.execPath, args);
const root = mkdtempSync(join(tmpdir(), 'wasi-pubsub-host-bench-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const small = join(root, 'small.wasm');
writeFileSync(small, await syncGuest());
const { path: quickJs } = await buildGuest('misbehaving');

type Start = (port: number, dir: string) => SpawnedProcess;

const host =
  (durability: string, component: string): Start =>
  (port, dir) => {
    const file = join(dir, 'app.toml');
    const binding = [`url = "tcp://127.0.0.1:${port}"`, 'qos = 2', 'topic = "bench/#"'];
    const capability = ['[[capability]]', 'name = "pubsub.mqtt"', '[[capability.config]]', ...binding];
    writeFileSync(
      file,
      ['specversion = "0.2"', 'name = "bench"', `durability = "${durability}"`, ...capability].join('\n'),
    );
    return node(here('../../host/bin.js'), 'run', file, component, '--log', 'warn');
  };

const core =
  (durability: string): Start =>
  (port, dir) =>
    node(here('./core-consumer.ts'), String(port), durability, join(dir, 'state'));

const VARIANTS: Readonly<Record<string, Start>> = {
  'stock mqtt.js, in memory': (port) => node(here('./stock-consumer.ts'), `mqtt://127.0.0.1:${port}`),
  'host without guest, durability "process"': core('process'),
  'host without guest, durability "power"': core('power'),
  'host with small guest, durability "process"': host('process', small),
  'host with small guest, durability "power"': host('power', small),
  'host with QuickJS guest, durability "process"': host('process', quickJs),
};

/** Messages a second. */
async function measure(start: Start): Promise<number> {
  const port = await freePort();
  const dir = mkdtempSync(join(root, 'run-'));
  const source = node(here('./source.ts'), String(port), MESSAGES, WINDOW);
  await source.waitFor('listening');
  const consumer = start(port, dir);
  try {
    const [, rate] = await Promise.race([
      source.waitFor(/rate (\d+)/, { timeout: 300_000 }),
      consumer.exited.then(() => {
        throw new Error(`the subscriber ended\n${consumer.stderr()}`);
      }),
    ]);
    return Number(rate);
  } finally {
    await consumer.kill('SIGKILL');
    await source.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const rates = new Map<string, number[]>(Object.keys(VARIANTS).map((name) => [name, []]));
for (let round = 1; round <= Number(ROUNDS); round++)
  for (const [name, start] of Object.entries(VARIANTS)) rates.get(name)?.push(await measure(start));

const [[, stock = []] = []] = rates;
for (const [name, each] of rates) {
  const [rate, share] = [median(each), median(each) / median(stock)];
  console.log(
    `${name.padEnd(46)} ${String(rate).padStart(7)} messages/s  ${share.toFixed(2)} of stock  (${each.join(' ')})`,
  );
}
