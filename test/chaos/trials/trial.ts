import { setTimeout as delay } from 'node:timers/promises';
import { fresh } from '../../support/broker-sessions.ts';
import { within } from '../../support/eventually.ts';
import { startChaosProxy } from '../chaos-proxy.ts';
import { type FaultLog, Faults } from './faults.ts';
import { inputsOf, type PlannedInput } from './inputs.ts';
import { mayLose, type Plan } from './plan.ts';
import { Replica } from './replica.ts';
import { Producer, Site } from './site.ts';
import { broken, type Tally, tallyOf } from './tally.ts';

export interface Trial {
  readonly plan: Plan;
  readonly tally: Tally;
  readonly log: FaultLog;
  /** What the contract does not allow; empty where it was kept. */
  readonly broken: readonly string[];
  readonly seconds: number;
  /** What the hosts wrote. */
  readonly logs: string;
}

/** Messages that a trial has to get through before nothing more is waited for, in milliseconds without an answer. */
const PATIENCE = 45_000;
const COMMAND_ENDS_WITHIN = 200_000;

class Running {
  readonly #plan: Plan;
  readonly #sites: readonly Site[];
  readonly #replicas: readonly Replica[];
  readonly #faults: Faults;
  readonly #producer: Producer;
  readonly #inputs: readonly PlannedInput[];

  constructor(plan: Plan, prefix: string, sites: readonly Site[], replicas: readonly Replica[]) {
    this.#plan = plan;
    this.#sites = sites;
    this.#replicas = replicas;
    this.#inputs = inputsOf(prefix, plan);
    this.#faults = new Faults(replicas, sites, plan.seed);
    this.#producer = new Producer(sites, plan, mayLose(plan), () => this.#surprise());
  }

  #surprise(): string | undefined {
    return this.#replicas.find(({ surprise }) => surprise !== undefined)?.surprise;
  }

  /** How far the flow is, from 0 to 1. */
  #progress(): number {
    const { guest, messages } = this.#plan;
    return (guest === 'command' ? this.#producer.answers : this.#producer.sent) / messages;
  }

  get log(): FaultLog {
    return this.#faults.log;
  }

  async run(): Promise<Pick<Trial, 'tally' | 'broken'>> {
    for (const replica of this.#replicas) await replica.serve();
    let over = false;
    const flow = (this.#plan.guest === 'command' ? this.#commandEnds() : this.#producer.send(this.#inputs)).finally(
      () => {
        over = true;
      },
    );
    await Promise.all([flow, this.#breakThings(() => over)]);
    await this.#faults.over();
    if (this.#plan.guest !== 'command') await this.#producer.until(1, PATIENCE);
    await this.#end();
    const tally = tallyOf(this.#plan, this.#inputs, this.#sites, this.#replicas);
    const surprise = this.#surprise();
    return { tally, broken: [...(surprise === undefined ? [] : [surprise]), ...broken(this.#plan, tally, this.log)] };
  }

  async #breakThings(over: () => boolean): Promise<void> {
    for (const fault of this.#plan.faults) {
      while (this.#progress() < fault.at && !over()) await delay(1);
      this.#faults.begin(fault);
      // So that a command that was killed is seen to run again.
      await delay(1);
    }
  }

  /** A command that was killed runs again, and so ends by itself at last. */
  async #commandEnds(): Promise<void> {
    for (const replica of this.#replicas) {
      do {
        await within(replica.finished(), COMMAND_ENDS_WITHIN, () => `the command ends\n${replica.logs()}`);
        await this.#faults.over();
      } while (replica.running);
    }
  }

  async #end(): Promise<void> {
    for (const replica of this.#replicas) {
      if (replica.gone || !replica.running) continue;
      const code = await within(replica.stop(), 60_000, () => `SIGTERM ends the host\n${replica.logs()}`);
      if (code !== 0) this.#faults.log.problems.push(`a host ended with ${code} at the end`);
    }
    for (const { counter } of this.#sites) await counter.fence();
  }
}

const NOTHING: Tally = {
  sent: 0,
  lost: [],
  repeated: [],
  sentAgain: 0,
  outOfOrder: [],
  deadLetters: 0,
  wrongLetters: [],
  controlLost: undefined,
};

/** Carries a plan out with real processes. A trial that cannot go on, such as with a host that ends, has failed. */
export async function runTrial(plan: Plan): Promise<Trial> {
  const began = performance.now();
  const prefix = fresh(`trial${plan.seed}`);
  const sites: Site[] = [];
  for (let broker = 0; broker < plan.brokers; broker++) sites.push(await Site.open(prefix, plan));
  const replicas: Replica[] = [];
  for (let host = 0; host < plan.hosts; host++) {
    const proxies = await Promise.all(sites.map(({ broker }) => startChaosProxy(broker.port)));
    const leaves = plan.faults.some(({ kind, which }) => kind === 'leave' && which % plan.hosts === host);
    replicas.push(new Replica(plan, prefix, proxies, { leaves }));
  }
  const running = new Running(plan, prefix, sites, replicas);
  const { log } = running;
  const result = await running.run().catch((error: unknown) => ({
    tally: NOTHING,
    broken: [error instanceof Error ? error.message : String(error)],
  }));
  const logs = replicas.map((replica) => replica.logs()).join('\n=== next host\n');
  return { plan, ...result, log, seconds: (performance.now() - began) / 1_000, logs };
}
