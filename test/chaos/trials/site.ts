import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { type RunningBroker, startBrokerUnderTest } from '../../support/brokers.ts';
import { connectClient, publish } from '../../support/mqtt-client.ts';
import { Counter, keptSession } from '../counter.ts';
import type { PlannedInput } from './inputs.ts';
import type { Plan } from './plan.ts';

/** Mosquitto loses what is published beyond its receive maximum of 20. */
const PRODUCER_WINDOW = 10;
/** Inputs that may be unanswered at once: keeps the backlog within what Mosquitto 2.0.11 keeps. */
const OUTSTANDING = 100;
/** Milliseconds without an answer after which a flow that may lose takes what is outstanding as lost. */
const PATIENCE = 700;

/** A broker with those who count and send there, straight. */
export class Site {
  readonly broker: RunningBroker;
  readonly counter: Counter;
  readonly #producer: MqttClient;
  /** An ordinary subscriber to the inputs: what it misses, the broker has lost. */
  readonly control: Set<string> | undefined;

  private constructor(broker: RunningBroker, counter: Counter, producer: MqttClient, control: Set<string> | undefined) {
    this.broker = broker;
    this.counter = counter;
    this.#producer = producer;
    this.control = control;
  }

  static async open(prefix: string, plan: Plan): Promise<Site> {
    const broker = await startBrokerUnderTest(['autosave_interval 1']);
    const dies = plan.faults.some(({ kind }) => kind === 'broker-kill');
    const reconnects = dies || plan.faults.some(({ kind }) => kind === 'broker-stop');
    const counter = await Counter.open(broker.url, prefix, { reconnects });
    const producer = await connectClient(broker.url, reconnects ? keptSession(`${prefix}-producer`) : {});
    return new Site(broker, counter, producer, dies ? await controlOf(broker.url, prefix, plan) : undefined);
  }

  send({ topic, payload }: PlannedInput, qos: Plan['qos']): Promise<void> {
    return publish(this.#producer, topic, payload, { qos });
  }
}

async function controlOf(url: string, prefix: string, { qos }: Plan): Promise<Set<string>> {
  const seen = new Set<string>();
  // About as long as a host takes that backs off: who is back sooner misses less.
  const options = { ...keptSession(`${prefix}-control`), reconnectPeriod: 1_000 };
  const client = await connectClient(url, options, (early) =>
    early.on('message', (topic, payload) => seen.add(`${topic} ${payload}`)),
  );
  await client.subscribeAsync(`${prefix}/in/+`, { qos });
  return seen;
}

/** Sends the inputs in order, each to its broker, and keeps in step with the answers. */
export class Producer {
  readonly #sites: readonly Site[];
  readonly #plan: Plan;
  /** Some answers may never come. */
  readonly #lossy: boolean;
  sent = 0;
  #answerable = 0;
  #writtenOff = 0;
  /** Why the flow is to end before its end. */
  readonly #broken: () => string | undefined;

  constructor(sites: readonly Site[], plan: Plan, lossy: boolean, broken: () => string | undefined) {
    this.#sites = sites;
    this.#plan = plan;
    this.#lossy = lossy;
    this.#broken = broken;
  }

  get answers(): number {
    return this.#sites.reduce((sum, { counter }) => sum + counter.distinct, 0);
  }

  async send(inputs: Iterable<PlannedInput>): Promise<void> {
    const unanswered = new Set<Promise<void>>();
    for (const input of inputs) {
      await this.until(OUTSTANDING);
      this.sent++;
      if (input.output !== undefined) this.#answerable++;
      const site = this.#sites[input.broker];
      if (site === undefined) throw new Error(`there is no broker ${input.broker}`);
      const sent: Promise<void> = site.send(input, this.#plan.qos).finally(() => unanswered.delete(sent));
      unanswered.add(sent);
      if (unanswered.size >= PRODUCER_WINDOW) await Promise.race(unanswered);
    }
    await Promise.all(unanswered);
  }

  /** Resolves when fewer than `most` inputs are unanswered, or `patience` milliseconds have passed without an answer. */
  async until(most: number, patience = 60_000): Promise<void> {
    let [seen, since] = [this.answers, performance.now()];
    while (this.#answerable - this.answers - this.#writtenOff >= most) {
      await delay(2);
      const broken = this.#broken();
      if (broken !== undefined) throw new Error(broken);
      if (this.answers > seen) [seen, since] = [this.answers, performance.now()];
      const waited = performance.now() - since;
      if (this.#lossy && waited > PATIENCE) this.#writtenOff += this.#answerable - this.answers - this.#writtenOff;
      else if (waited > patience) return;
    }
  }
}
