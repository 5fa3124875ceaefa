import { setTimeout as delay } from 'node:timers/promises';
import type { QoS } from '../../src/types.ts';
import { eventually } from '../support/eventually.ts';
import type { SpawnedProcess } from '../support/process.ts';
import type { ChaosProxy } from './chaos-proxy.ts';
import type { Counter } from './counter.ts';
import { type Input, produce } from './flow.ts';
import type { UnderWay } from './under-way.ts';

/** Inputs that may be unanswered at once: keeps the broker's backlog within what Mosquitto 2.0.11 keeps. */
const OUTSTANDING = 100;
/** Milliseconds without an answer after which a {@link Killing.lossy} flow takes what is outstanding as lost. */
const PATIENCE = 700;
/** Kills that find nothing under way do not count; this many times as many are made at most. */
const MOST = 4;

export interface Killing {
  readonly url: string;
  readonly inputs: readonly Input[];
  readonly qos: QoS;
  readonly counter: Counter;
  readonly proxy: ChaosProxy;
  /** Starts the program that is killed. */
  start(): Promise<SpawnedProcess>;
  /** Kills to count: those that find at least one message between PUBLISH in and PUBCOMP out. */
  readonly kills: number;
  readonly random: () => number;
  /** Before a kill, the network fails as often: a number of times below this, some milliseconds apart. */
  readonly cuts?: number;
  /** The program loses messages: the flow must not wait for them. */
  readonly lossy?: boolean;
}

export interface Killed {
  readonly counted: readonly UnderWay[];
  /** Kills that found nothing under way. */
  readonly idle: number;
  /** The last one, which lives. */
  readonly program: SpawnedProcess;
}

/** Keeps the producer in step with the answers. */
class Pace {
  readonly #counter: Counter;
  readonly #lossy: boolean;
  sent = 0;
  #answerable = 0;
  #writtenOff = 0;

  constructor(counter: Counter, lossy: boolean) {
    this.#counter = counter;
    this.#lossy = lossy;
  }

  get outstanding(): number {
    return this.#answerable - this.#counter.distinct - this.#writtenOff;
  }

  send({ output }: Input): void {
    this.sent++;
    if (output !== undefined) this.#answerable++;
  }

  /** Resolves when fewer than `most` inputs are unanswered. */
  async until(most: number): Promise<void> {
    let [seen, since] = [this.#counter.distinct, performance.now()];
    while (this.outstanding >= most) {
      await delay(1);
      if (this.#counter.distinct > seen) [seen, since] = [this.#counter.distinct, performance.now()];
      const waited = performance.now() - since;
      if (this.#lossy && waited > PATIENCE) this.#writtenOff += this.outstanding;
      else if (waited > 30_000) throw new Error(`no answer for 30 s, ${this.outstanding} inputs are unanswered`);
    }
  }
}

/**
 * Sends `inputs` and kills the program that answers them again and again, some milliseconds after a number of inputs
 * that chance chooses, or soon after its start. Resolves when every input was answered, or is lost.
 */
export async function killAtRandom(killing: Killing): Promise<Killed> {
  const { url, inputs, qos, counter, proxy, start, kills, random, cuts = 0, lossy = false } = killing;
  const pace = new Pace(counter, lossy);
  const steps = (inputs.length * 0.7) / Math.max(1, kills);
  const counted: UnderWay[] = [];
  let program = await start();
  let over = false;
  const produced = produce(url, inputs, qos, async (input) => {
    await pace.until(OUTSTANDING);
    pace.send(input);
  }).finally(() => {
    over = true;
  });
  let made = 0;
  for (; counted.length < kills && made < kills * MOST && !over; made++) {
    const early = random() < 0.2;
    const target = pace.sent + steps * (0.2 + 1.2 * random());
    for (let cut = Math.floor(random() * cuts); cut > 0; cut--) {
      proxy.cut();
      await delay(random() * 600);
    }
    if (!early) await eventually(() => pace.sent >= target || over, { interval: 1, timeout: 60_000 });
    await delay(random() * (early ? 800 : 20));
    await program.kill('SIGKILL');
    const held = await proxy.atDeath();
    if (held.handling + held.recorded > 0) counted.push(held);
    program = await start();
  }
  await produced;
  await pace.until(1);
  return { counted, idle: made - counted.length, program };
}
