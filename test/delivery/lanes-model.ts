import type { Arrival } from '../../src/delivery/arrival.ts';
import type { LaneOptions, Lanes } from '../../src/delivery/lanes.ts';
import { arrival, spilled } from './fixtures.ts';
import { MemoryJournal } from './memory-journal.ts';

export interface LanesModelOptions {
  readonly random: () => number;
  readonly make: (options: LaneOptions) => Lanes;
  readonly order: 'topic' | 'none';
  readonly topics: number;
  readonly limit: number;
  readonly maxBytes?: number;
  /** Messages that the journal holds at the start. */
  readonly before?: number;
}

/** Lanes with everything around them played by a test: what may run, fails, is spilled and settled, in any order. */
export class LanesModel {
  readonly journal = new MemoryJournal({ auto: true });
  readonly lanes: Lanes;
  readonly running = new Set<Arrival>();
  /** For their next attempt. */
  readonly waiting = new Set<Arrival>();
  /** By id: how often it was settled. */
  readonly done = new Map<string, number>();
  readonly batches: (readonly Arrival[])[] = [];
  readonly #options: LanesModelOptions;
  /** Ran while it was spilled, so that it could not be put down. */
  readonly #kept = new Set<Arrival>();
  readonly #last = new Map<string, number>();
  readonly #replayed = new Set<string>();
  #made = 0;

  constructor(options: LanesModelOptions) {
    this.#options = options;
    for (let i = 0; i < (options.before ?? 0); i++) this.#insert();
    this.lanes = options.make({
      store: this.journal,
      hooks: { run: (one) => this.#run(one), drop: (one) => this.waiting.delete(one) },
      limit: options.limit,
      maxBytes: options.maxBytes ?? 1_000_000,
    });
    this.lanes.replayed();
  }

  get made(): number {
    return this.#made;
  }

  get isIdle(): boolean {
    return this.running.size + this.waiting.size + this.batches.length + this.journal.spilledCount === 0;
  }

  /** Spilled messages under way, less those that could not be put down. */
  get active(): number {
    const all = [...this.running, ...this.waiting];
    return all.filter((one) => one.row !== undefined && !this.#kept.has(one)).length;
  }

  /** One thing that can happen, any of them. */
  step(): void {
    const { random } = this.#options;
    const at = Math.floor(random() * 16);
    if (at < 5) this.enter();
    else if (at < 8) this.#withOne(this.running, (one) => this.fail(one));
    else if (at < 10) this.#withOne(this.running, (one) => this.settle(one));
    else if (at < 12) this.#withOne(this.waiting, (one) => this.again(one));
    else if (at < 13) this.take();
    else if (at < 15) this.commit();
    else if (random() < 0.2) this.replay();
  }

  /** Until nothing is left; throws where something waits for ever. */
  finish(): void {
    for (let round = 0; !this.isIdle; round++) {
      if (round > 10_000) throw new Error(`STUCK with ${this.journal.spilledCount} in the journal`);
      this.commit();
      for (const one of this.waiting) this.again(one);
      const [first] = this.running;
      if (first !== undefined) this.settle(first);
      else if (this.batches.length === 0 && this.waiting.size === 0)
        throw new Error(`STUCK: nothing runs, and ${this.journal.spilledCount} are in the journal`);
    }
  }

  enter(): void {
    const event = { id: `${++this.#made}`, source: '/s', type: 't', data: Buffer.alloc(10) };
    const one = arrival(this.#topic());
    this.lanes.enter(Object.assign(one, { event }));
  }

  fail(one: Arrival): void {
    if (!this.running.delete(one)) return;
    one.attempts++;
    this.waiting.add(one);
    this.lanes.retrying(one);
  }

  again(one: Arrival): void {
    this.waiting.delete(one);
    this.running.add(one);
  }

  take(): void {
    const taken = this.lanes.takeSpillable();
    for (const one of taken) {
      if (one.settling || one.row !== undefined) throw new Error(`TAKEN: ${one.event.id} must not be spilled`);
      one.spilling = Promise.resolve();
    }
    if (taken.length > 0) this.batches.push(taken);
  }

  commit(): void {
    const batch = this.batches.shift();
    if (batch === undefined) return;
    for (const one of batch) {
      one.row = this.#insert(one);
      one.spilling = undefined;
      if (this.running.has(one)) this.#kept.add(one);
    }
    this.lanes.spilled(batch);
  }

  /** Its result is committed, which waits for its own spilling. */
  settle(one: Arrival): void {
    one.settling = true;
    if (this.#options.random() < 0.5) this.take();
    while (one.spilling !== undefined) this.commit();
    if (!this.running.delete(one)) return;
    this.#count(one);
    const { spilled: rows } = this.journal.durable;
    const index = rows.findIndex(({ row }) => row === one.row);
    if (index !== -1) rows.splice(index, 1);
    this.lanes.leave(one);
  }

  replay(): void {
    this.#insert();
    this.lanes.replayed();
  }

  #topic(): string {
    return `t${Math.floor(this.#options.random() * this.#options.topics)}`;
  }

  #withOne(set: ReadonlySet<Arrival>, act: (one: Arrival) => void): void {
    const one = [...set][Math.floor(this.#options.random() * set.size)];
    if (one !== undefined) act(one);
  }

  #insert(one?: Arrival): number {
    const { durable } = this.journal;
    const row = ++durable.lastRow;
    if (one === undefined) {
      const event = { id: `${++this.#made}`, source: '/s', type: 't', data: Buffer.alloc(10) };
      this.#replayed.add(event.id);
      durable.spilled.push({ ...spilled(this.#topic(), { event }), row });
    } else {
      durable.spilled.push({ ...spilled(one.topic, { event: one.event, attempts: one.attempts }), row });
    }
    return row;
  }

  #run(one: Arrival): void {
    const all = [...this.running, ...this.waiting];
    const other = all.find(({ topic, event }) => one.event.id === event.id || one.topic === topic);
    const isTwice = other !== undefined && (this.#options.order === 'topic' || one.event.id === other.event.id);
    if (isTwice) throw new Error(`TWICE: ${one.event.id} while ${other.event.id} of ${one.topic} is under way`);
    if (this.done.has(one.event.id)) throw new Error(`REPEAT: ${one.event.id} was settled`);
    this.running.add(one);
  }

  #count({ event, topic }: Arrival): void {
    this.done.set(event.id, (this.done.get(event.id) ?? 0) + 1);
    if (this.#replayed.has(event.id) || this.#options.order === 'none') return;
    const last = this.#last.get(topic) ?? 0;
    if (last > Number(event.id)) throw new Error(`ORDER: ${event.id} after ${last} of ${topic}`);
    this.#last.set(topic, Number(event.id));
  }
}
