/**
 * `npm run chaos`: random trials with real processes, by the minute, then a table in README.md beside this file.
 * `npm run chaos -- --seed N` repeats one. `--help` has the rest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withWritten } from '../support/written.ts';
import { writeTable } from './trials/table.ts';
import type { Trial } from './trials/trial.ts';

const HELP = `npm run chaos [-- options]      random trials for 60 minutes, and the table of test/chaos/README.md
  --minutes N                   for so long
  --seed N                      the trial of this seed, once; the table stays as it is
  --trials N                    so many, from --seed on
  --long                        trials of 100,000 messages and 125 kills each instead, about 5 minutes each; their table
what is not to be left to chance:
  --guest push|pull|stream|command   --qos 0|1|2        --share topic|queue
  --protocol 5|3.1.1                 --brokers 1|2      --hosts 1|2
  --messages N                       --failing true|false
  --faults kill,cut,…           only these kinds: kill stop cut stall half-open split clock disk-full broker-stop
                                broker-kill (Mosquitto itself loses messages then) leave (with 2 hosts)
  --count N                     so many faults
  --keep 0,3                    of the faults of this seed only those with these numbers, to find what matters
`;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    trials: { type: 'string' },
    long: { type: 'boolean' },
    guest: { type: 'string' },
    qos: { type: 'string' },
    share: { type: 'string' },
    protocol: { type: 'string' },
    brokers: { type: 'string' },
    hosts: { type: 'string' },
    messages: { type: 'string' },
    failing: { type: 'string' },
    faults: { type: 'string' },
    count: { type: 'string' },
    keep: { type: 'string' },
  },
});

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

function wanted(): Record<string, unknown> {
  const { guest, share, protocol, failing, faults, keep } = values;
  const all = {
    guest,
    share,
    qos: number(values.qos),
    protocol: protocol === undefined ? undefined : protocol === '5' ? 5 : 4,
    brokers: number(values.brokers),
    hosts: number(values.hosts),
    messages: number(values.messages),
    count: number(values.count),
    failing: failing === undefined ? undefined : failing === 'true',
    only: faults?.split(','),
    keep: keep?.split(',').map(Number),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Trials from a seed on; resolves with whether all kept the contract. */
async function trials(seed: number, count: number, results: string, more = {}): Promise<boolean> {
  const env = {
    ...process.env,
    CHAOS_SEED: String(seed),
    CHAOS_TRIALS: String(count),
    CHAOS_WANTED: JSON.stringify({ ...wanted(), ...more }),
    CHAOS_RESULTS: results,
  };
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--config', 'test/vitest.config.ts', '--project', 'chaos', 'test/chaos/trials'];
  const run = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
  const [code] = await once(run, 'exit');
  return code === 0;
}

function read(results: string): Trial[] {
  if (!existsSync(results)) return [];
  return readFileSync(results, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Trial);
}

/** So many trials by one vitest: a failure in one of them shows before all are over. */
const AT_ONCE = 10;

/** Trials in which the broker is killed. */
const AT_ITS_DEATH = 4;

/** Nothing but kills. A pulling guest reads one message after another, a push guest has many under way. */
const LONG = [
  { guest: 'push', qos: 2, brokers: 1, protocol: 5 },
  { guest: 'push', qos: 2, brokers: 1, protocol: 4 },
  { guest: 'push', qos: 2, brokers: 2, protocol: 5 },
  { guest: 'push', qos: 1, brokers: 1, protocol: 5 },
  { guest: 'pull', qos: 2, brokers: 1, protocol: 5 },
  { guest: 'pull', qos: 2, brokers: 2, protocol: 5 },
  { guest: 'pull', qos: 1, brokers: 1, protocol: 5 },
];
const IN_ALL_LONG = { share: 'topic', hosts: 1, failing: false, only: ['kill'], count: 125, messages: 100_000 };

/** The part of README.md that a run writes stands between its markers. */
function writeReadme(run: string, table: string): void {
  const readme = new URL('./README.md', import.meta.url);
  writeFileSync(readme, withWritten(readFileSync(readme, 'utf8'), run, table.trimEnd()));
}

async function long(results: string): Promise<void> {
  const first = number(values.seed) ?? 9001;
  let kept = true;
  for (const [index, more] of LONG.entries())
    kept = (await trials(first + index, 1, results, { ...IN_ALL_LONG, ...more })) && kept;
  const table = writeTable(read(results), 'with protocols');
  process.stdout.write(`\n${table}\n`);
  writeReadme('npm run chaos -- --long', table);
  process.exitCode = kept ? 0 : 1;
}

async function main(): Promise<void> {
  const results = join(tmpdir(), `chaos-${process.pid}.jsonl`);
  if (values.long === true) return await long(results).finally(() => rmSync(results, { force: true }));
  const began = Date.now();
  const first = number(values.seed) ?? began % 1_000_000;
  let [next, kept] = [first, true];
  const once = values.seed !== undefined && values.minutes === undefined;
  const most = number(values.trials) ?? (once ? 1 : Number.POSITIVE_INFINITY);
  const until = began + (number(values.minutes) ?? 60) * 60_000;
  while (next - first < most && (once || Date.now() < until)) {
    const count = Math.min(AT_ONCE, most - (next - first));
    kept = (await trials(next, count, results)) && kept;
    next += count;
  }
  // Mosquitto itself loses messages then, so that chance leaves it out.
  if (!once && values.faults === undefined)
    await trials(next, AT_ITS_DEATH, results, { guest: 'push', brokers: 1, only: ['broker-kill'], count: 3 });
  const all = read(results);
  rmSync(results, { force: true });
  const table = writeTable(all);
  process.stdout.write(`\n${table}\n`);
  if (!once) writeReadme('npm run chaos', table);
  process.exitCode = kept ? 0 : 1;
}

if (values.help === true) process.stdout.write(HELP);
else await main();
