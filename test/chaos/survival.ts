import { expect } from 'vitest';
import { type JournalView, readJournal, type Size } from '../../src/journal/index.ts';
import type { MqttVersion } from '../../src/types.ts';
import { fresh } from '../support/broker-sessions.ts';
import { eventually } from '../support/eventually.ts';
import { Counter } from './counter.ts';
import { expectOrder, type Input, lost, produce } from './flow.ts';
import { ChaosApp, diesAt, drained } from './host.ts';
import type { Mode, Scenario } from './scenarios.ts';

export interface Survival {
  readonly url: string;
  readonly scenario: Scenario;
  readonly mode: Mode;
  readonly protocol: MqttVersion;
  /** Failpoints at which one host after the other dies before anything is sent in. */
  readonly before?: readonly string[];
  /** Failpoints at which one host after the other dies with the flow under way. */
  readonly kills: readonly string[];
}

/** For what has to come in the end; only a failure takes that long. */
const PATIENCE = { timeout: 60_000 };

/** One flow through hosts that die, and what it left behind. */
class Run {
  readonly options: Survival;
  readonly prefix: string;
  readonly inputs: readonly Input[];
  readonly app: ChaosApp;
  readonly counter: Counter;

  constructor(options: Survival, prefix: string, counter: Counter) {
    const { url, scenario, mode, protocol } = options;
    this.options = options;
    this.prefix = prefix;
    this.counter = counter;
    this.inputs = scenario.inputs(prefix);
    const version = `protocol = ${protocol === 5 ? '5' : '"3.1.1"'}`;
    const [own, other] = [`publish = ["${prefix}/out/#"]`, `publish = ["${prefix}/nothing"]`];
    const lines = [
      `topic = "${prefix}/in/+"`,
      `dead_letter = "${this.deadTopic}"`,
      version,
      mode.route === undefined ? own : other,
      ...mode.lines,
      ...scenario.lines,
    ];
    if (mode.route !== undefined)
      lines.push('[[capability.config]]', `url = "${url}"`, `qos = ${mode.route}`, version, own);
    this.app = new ChaosApp({ url, lines });
  }

  get deadTopic(): string {
    return `${this.prefix}/out/dead`;
  }

  async flow(): Promise<void> {
    const { url, mode, before = [], kills } = this.options;
    for (const kill of before) await diesAt(await this.app.start(kill), kill);
    let host = await this.app.start(kills[0]);
    // Whatever it died of before: only now does the broker keep messages for it.
    await host.waitFor('subscribed to');
    const produced = produce(url, this.inputs, mode.qos);
    for (const [index, kill] of kills.entries()) {
      await diesAt(host, kill);
      host = await this.app.start(kills[index + 1]);
    }
    await produced;
    await this.#finished();
    await host.waitFor(/subscriber connected/);
    await drained(host);
    await this.counter.fence();
  }

  async #finished(): Promise<void> {
    const { letters } = this.options.scenario;
    await eventually(() => {
      expect(lost(this.inputs, this.counter), 'lost').toEqual([]);
      expect(this.counter.copies(this.deadTopic), 'published dead letters').toBeGreaterThanOrEqual(letters);
      return true;
    }, PATIENCE);
  }

  check(): void {
    const { mode, scenario } = this.options;
    const dead = this.#deadLetters();
    const failed = this.inputs.filter(({ payload }) => payload.startsWith('err')).map(({ payload }) => payload);
    expect([...new Set(dead)].toSorted()).toEqual(failed.toSorted());
    expect(this.#size()).toMatchObject({ unsent: 0, spilled: 0 });
    if (mode.qos === 2) {
      expect(this.counter.repeated().filter((topic) => topic !== this.deadTopic)).toEqual([]);
      expect(dead.length).toBe(scenario.letters);
      expect(this.counter.copies(this.deadTopic)).toBe(scenario.letters);
    }
    // Last: where only this fails, `npm run matrix` may say that all else held.
    expectOrder(this.inputs, this.counter);
  }

  /** Payloads of the dead letters in the journal. */
  #deadLetters(): string[] {
    return this.#read((journal) => journal.deadLetters().map(({ event }) => Buffer.from(event.data).toString()));
  }

  /** What the drained host left in its journal. */
  #size(): Size {
    return this.#read((journal) => journal.size());
  }

  #read<T>(look: (journal: JournalView) => T): T {
    const journal = readJournal(this.app.stateDir);
    try {
      return look(journal);
    } finally {
      journal.close();
    }
  }
}

/**
 * Sends a scenario's messages to a host that is killed and started again: nothing is lost; at qos 2 nothing is
 * repeated, and every dead letter is there once. Resolves with the app, for further looks.
 */
export async function survives(options: Survival): Promise<ChaosApp> {
  const prefix = fresh('chaos');
  const run = new Run(options, prefix, await Counter.open(options.url, prefix));
  try {
    await run.flow();
    run.check();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${run.app.logs()}`, { cause: error });
  }
  return run.app;
}
