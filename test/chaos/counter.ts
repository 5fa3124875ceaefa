import { setTimeout as delay } from 'node:timers/promises';
import type { IClientOptions, MqttClient } from 'mqtt';
import { connectClient, publish } from '../support/mqtt-client.ts';

/** Options of a client whose session outlives its connections. */
export function keptSession(clientId: string): IClientOptions {
  const properties = { sessionExpiryInterval: 3_600 };
  return { clientId: clientId.replaceAll('/', '-'), clean: false, reconnectPeriod: 100, properties };
}

/**
 * Counts copies of every topic below `<prefix>/out`, at qos 2, on a connection of its own to the broker that is never
 * made again unless told: whatever comes twice here was published twice.
 */
export class Counter {
  readonly #client: MqttClient;
  readonly #prefix: string;
  readonly #copies = new Map<string, number>();
  /** Topics in the order in which their first copy came. */
  readonly order: string[] = [];
  #fences = 0;
  #fence: { readonly topic: string; readonly came: () => void } | undefined;
  #disconnected = false;

  private constructor(client: MqttClient, prefix: string, reconnects: boolean) {
    this.#client = client;
    this.#prefix = prefix;
    client.on('message', (topic) => {
      if (topic.startsWith(`${prefix}/out/`)) this.#count(topic);
      else if (topic === this.#fence?.topic) this.#fence.came();
    });
    client.on('close', () => {
      this.#disconnected ||= !reconnects;
    });
  }

  /** With `reconnects`, its session is kept, and the broker may end and come back. */
  static async open(url: string, prefix: string, { reconnects = false } = {}): Promise<Counter> {
    const client = await connectClient(url, reconnects ? keptSession(`${prefix}-counter`) : {});
    const counter = new Counter(client, prefix, reconnects);
    await client.subscribeAsync([`${prefix}/out/#`, `${prefix}/fence/#`], { qos: 2 });
    return counter;
  }

  #count(topic: string): void {
    const copies = this.#copies.get(topic) ?? 0;
    if (copies === 0) this.order.push(topic);
    this.#copies.set(topic, copies + 1);
  }

  /** How many different topics came. */
  get distinct(): number {
    return this.order.length;
  }

  copies(topic: string): number {
    return this.#copies.get(topic) ?? 0;
  }

  /** Those that came more than once. */
  repeated(): string[] {
    return this.order.filter((topic) => this.copies(topic) > 1);
  }

  /** Resolves when so many different topics came; rejects when nothing new has come for `patience` milliseconds. */
  async until(distinct: number, patience: number): Promise<void> {
    let [seen, since] = [this.distinct, performance.now()];
    while (this.distinct < distinct) {
      await delay(2);
      if (this.distinct > seen) [seen, since] = [this.distinct, performance.now()];
      else if (performance.now() - since > patience)
        throw new Error(`${seen} of ${distinct} outputs came, and nothing new for ${patience} ms`);
    }
  }

  /** Resolves when everything that the broker had for this counter before has come: it keeps the order of a session. */
  async fence(): Promise<void> {
    const topic = `${this.#prefix}/fence/${this.#fences++}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fence = { topic, came: resolve };
    await publish(this.#client, topic, '', { qos: 2 });
    await promise;
    if (this.#disconnected) throw new Error('the counter lost its connection, so its counts mean nothing');
  }
}
