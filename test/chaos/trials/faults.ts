import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../support/eventually.ts';
import { seeded } from '../seeded.ts';
import { isUnderWay, type UnderWay } from '../under-way.ts';
import type { Fault, FaultKind } from './plan.ts';
import type { Replica } from './replica.ts';
import type { Site } from './site.ts';

/** How far a wall clock jumps, in milliseconds: over midnight, and back. */
const JUMPS = [36 * 3_600_000, -36 * 3_600_000];

const FINDS_SOMETHING_WITHIN = 3_000;
const DRAINS_WITHIN = 60_000;

export interface FaultLog {
  /** What was under way at each kill. */
  readonly kills: UnderWay[];
  /** What went wrong with carrying a fault out. */
  readonly problems: string[];
  /** Faults that this machine does not allow. */
  readonly left: FaultKind[];
}

/** Carries faults out; those of one host, and of one broker, one after the other, the others side by side. */
export class Faults {
  readonly log: FaultLog = { kills: [], problems: [], left: [] };
  readonly #replicas: readonly Replica[];
  readonly #sites: readonly Site[];
  readonly #random: () => number;
  readonly #chains = new Map<unknown, Promise<void>>();
  readonly #running = new Set<Promise<void>>();

  constructor(replicas: readonly Replica[], sites: readonly Site[], seed: number) {
    this.#replicas = replicas;
    this.#sites = sites;
    this.#random = seeded(seed ^ 0x5bd1e995);
  }

  begin(fault: Fault): void {
    const replica = this.#replicas[fault.which % this.#replicas.length];
    const site = this.#sites[fault.which % this.#sites.length];
    if (replica === undefined || site === undefined) throw new Error('a trial has a host and a broker');
    const running: Promise<void> = this.#carryOut(fault, replica, site)
      .catch((error: unknown) => void this.log.problems.push(`${fault.kind}: ${error}`))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing is broken any more. */
  async over(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Waits for what else is done to `subject`. */
  #alone(subject: unknown, deed: () => Promise<void>): Promise<void> {
    const before = this.#chains.get(subject) ?? Promise.resolve();
    const after = before.then(deed);
    this.#chains.set(
      subject,
      after.catch(() => {}),
    );
    return after;
  }

  async #carryOut({ kind, milliseconds }: Fault, replica: Replica, site: Site): Promise<void> {
    const deeds: Readonly<Record<FaultKind, () => Promise<void>>> = {
      kill: () => this.#alone(replica, () => this.#kill(replica, milliseconds)),
      stop: () => this.#alone(replica, () => this.#stop(replica)),
      leave: () => this.#alone(replica, () => this.#leave(replica)),
      cut: async () => replica.proxies.forEach((proxy) => void proxy.cut()),
      stall: () => this.#alone(replica.proxies, () => stall(replica, milliseconds)),
      'half-open': async () => {
        await Promise.all(replica.proxies.map((proxy) => proxy.halfOpen(milliseconds)));
      },
      split: () => this.#split(replica, milliseconds),
      clock: () => this.#jump(replica, milliseconds),
      'disk-full': () => this.#fill(replica, milliseconds),
      'broker-stop': () => this.#alone(site, () => restart(site, 'SIGTERM', milliseconds)),
      'broker-kill': () => this.#alone(site, () => restart(site, 'SIGKILL', milliseconds)),
    };
    await deeds[kind]();
  }

  /** Most of the kills wait for a message to be under way; the others come whenever they come. */
  async #kill(replica: Replica, milliseconds: number): Promise<void> {
    if (replica.gone || !replica.running) return;
    const patience = this.#random() < 0.85 ? FINDS_SOMETHING_WITHIN : 0;
    const began = performance.now();
    while (!isUnderWay(replica.underWay) && performance.now() - began < patience) await delay(1);
    await delay(milliseconds / 100);
    this.log.kills.push(await replica.kill());
    await replica.start();
  }

  /** A host whose disk is full, or that cannot reach its broker in time, says so with its exit code. */
  async #stop(replica: Replica): Promise<void> {
    if (replica.gone || !replica.running) return;
    const code = await within(replica.stop(), DRAINS_WITHIN, () => `SIGTERM ends the host\n${replica.logs()}`);
    if (code !== 0 && replica.disk === undefined) this.log.problems.push(`a host ended with ${code} on SIGTERM`);
    await replica.start();
  }

  async #leave(replica: Replica): Promise<void> {
    if (replica.gone || !replica.running) return;
    const code = await within(replica.stop(), DRAINS_WITHIN, () => `SIGTERM ends the host\n${replica.logs()}`);
    if (code !== 0) this.log.problems.push(`a host ended with ${code} when it was to leave`);
    // What it could not hand over it keeps: then it has to come back.
    const { sessions, unsent, spilled } = replica.read((journal) => ({
      sessions: journal.sessions().length,
      ...journal.size(),
    }));
    replica.gone = sessions === 0 && unsent === 0 && spilled === 0;
    if (!replica.gone) await replica.start();
  }

  async #split(replica: Replica, milliseconds: number): Promise<void> {
    for (const proxy of replica.proxies) proxy.split(this.#random);
    await delay(milliseconds);
    for (const proxy of replica.proxies) proxy.whole();
  }

  async #jump(replica: Replica, milliseconds: number): Promise<void> {
    replica.jump(JUMPS[milliseconds % JUMPS.length] ?? 0);
    await delay(milliseconds);
    replica.jump(0);
  }

  async #fill(replica: Replica, milliseconds: number): Promise<void> {
    const { disk } = replica;
    if (disk === undefined) {
      this.log.left.push('disk-full');
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = replica.room;
    replica.room = promise;
    disk.fill();
    await delay(milliseconds);
    disk.free();
    void before.then(resolve);
  }
}

async function stall({ proxies }: Replica, milliseconds: number): Promise<void> {
  for (const proxy of proxies) proxy.stall();
  await delay(milliseconds);
  for (const proxy of proxies) proxy.flow();
}

async function restart({ broker }: Site, signal: 'SIGTERM' | 'SIGKILL', milliseconds: number): Promise<void> {
  await broker.stop(signal);
  await delay(milliseconds);
  await broker.restart();
}
