import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fresh } from '../support/broker-sessions.ts';
import { describeWithMosquitto } from '../support/mosquitto.ts';
import { startChaosProxy } from './chaos-proxy.ts';
import { resident } from './memory.ts';
import { seeded } from './seeded.ts';
import { Faults } from './trials/faults.ts';
import { inputAt, type PlannedInput } from './trials/inputs.ts';
import type { Fault, FaultKind, Plan } from './trials/plan.ts';
import { Replica } from './trials/replica.ts';
import { Producer, Site } from './trials/site.ts';
import { broken, tallyOf } from './trials/tally.ts';

/** By hand: `SOAK_MINUTES=60 npm run soak`. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 1);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const SAMPLE_EVERY = 500;
const FAULTS = ['cut', 'stall', 'half-open', 'split', 'clock', 'disk-full', 'broker-stop'] as const;
const MIB = 2 ** 20;

/** What has to stay flat, and by how much its mean may grow from the second fifth of the time to the last. */
const BOUNDS = {
  'resident memory, MiB': 40,
  'file descriptors': 6,
  threads: 2,
  'journal, MiB': 16,
} as const;

type Measure = keyof typeof BOUNDS;

const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
const threads = (pid: number): number => readdirSync(`/proc/${pid}/task`).length;

/** Bytes of the files of a folder, less the ballast, which comes and goes with a full disk. */
function journalBytes(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.startsWith('journal.db'));
  return files.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** What a process and its journal take, again and again. */
class Samples {
  readonly #samples: Readonly<Record<Measure, number>>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, folder: string) {
    this.#timer = setInterval(() => {
      this.#samples.push({
        'resident memory, MiB': resident(pid) / MIB,
        'file descriptors': descriptors(pid),
        threads: threads(pid),
        'journal, MiB': journalBytes(folder) / MIB,
      });
    }, SAMPLE_EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #mean(measure: Measure, fifth: number): number {
    const size = Math.floor(this.#samples.length / 5);
    const some = this.#samples.slice(fifth * size, (fifth + 1) * size);
    return some.reduce((sum, sample) => sum + sample[measure], 0) / some.length;
  }

  growth(measure: Measure): number {
    return this.#mean(measure, 4) - this.#mean(measure, 1);
  }

  toString(): string {
    return Object.keys(BOUNDS)
      .map((name) => `${name}: ${[0, 1, 2, 3, 4].map((n) => this.#mean(name as Measure, n).toFixed(0)).join(' ')}`)
      .join('; ');
  }
}

const PLAN: Plan = {
  seed: SEED,
  guest: 'push',
  qos: 2,
  share: 'topic',
  protocol: 5,
  brokers: 2,
  hosts: 1,
  messages: Number.MAX_SAFE_INTEGER,
  failing: true,
  // Names what comes, so that what it takes is there.
  faults: FAULTS.map((kind): Fault => ({ kind, at: 0, milliseconds: 0, which: 0 })),
};

/** A fault every few seconds. */
async function breakThings(faults: Faults, until: number): Promise<number> {
  const random = seeded(SEED);
  let count = 0;
  while (performance.now() < until) {
    const kind: FaultKind = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'cut';
    faults.begin({ kind, at: 0, milliseconds: Math.round(random() * 1_500), which: count });
    count++;
    await new Promise((resolve) => setTimeout(resolve, 1_000 + random() * 4_000));
  }
  await faults.over();
  return count;
}

describeWithMosquitto(`${MINUTES} minutes of mixed load with a fault every few seconds`, () => {
  it(
    'leave memory, file descriptors, journal and threads flat, and lose and repeat nothing',
    async () => {
      const prefix = fresh('soak');
      const sites = [await Site.open(prefix, PLAN), await Site.open(prefix, PLAN)];
      const proxies = await Promise.all(sites.map(({ broker }) => startChaosProxy(broker.port)));
      const replica = new Replica(PLAN, prefix, proxies, { leaves: false, top: ['dead_letter_keep = "1m"'] });
      await replica.serve();
      const samples = new Samples(replica.pid, replica.stateDir);
      const faults = new Faults([replica], sites, SEED);
      const producer = new Producer(sites, PLAN, false, () => replica.surprise);
      const until = performance.now() + MINUTES * 60_000;
      const sent: PlannedInput[] = [];
      function* flow() {
        while (performance.now() < until) {
          const input = inputAt(prefix, PLAN, sent.length);
          sent.push(input);
          yield input;
        }
      }
      const [count] = await Promise.all([breakThings(faults, until), producer.send(flow())]);
      samples.stop();
      await producer.until(1);
      expect(await replica.stop(), replica.logs()).toBe(0);
      for (const { counter } of sites) await counter.fence();
      const sentAgain = proxies.reduce((sum, proxy) => sum + proxy.sentAgain, 0);
      const tally = { ...tallyOf(PLAN, sent, sites, []), wrongLetters: [], sentAgain };
      console.log(`soak, seed ${SEED}: ${count} faults, ${producer.sent} messages; ${samples}`);
      expect(broken(PLAN, tally, faults.log), replica.logs()).toEqual([]);
      for (const measure of Object.keys(BOUNDS) as Measure[])
        expect(samples.growth(measure), `${measure}: ${samples}`).toBeLessThan(BOUNDS[measure]);
    },
    MINUTES * 60_000 * 2 + 300_000,
  );
});
