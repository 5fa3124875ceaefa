import type { Arrival } from './arrival.ts';
import { isSpillable, type LaneOptions, type Lanes, load, PREFETCH, spilledTopic } from './lanes.ts';
import { Room } from './room.ts';

const NONE: readonly Arrival[] = [];

/** Order "none": every message may run at once, and one that is retried holds up nothing but acknowledgements. */
export class FreeLanes implements Lanes {
  readonly #options: LaneOptions;
  readonly #room: Room;
  /** In the window, and retried. */
  readonly #retrying = new Set<Arrival>();
  /** Rows that are under way. */
  readonly #active = new Set<number>();
  /** The journal may hold rows that are not. */
  #unseen: boolean;
  #cursor = 0;
  #small = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#room = new Room(options.limit, options.maxBytes);
    this.#unseen = options.store.spilledCount > 0;
  }

  enter(arrival: Arrival): void {
    this.#options.hooks.run(arrival);
  }

  leave(arrival: Arrival): void {
    this.#retrying.delete(arrival);
    if (arrival.row === undefined || !this.#active.delete(arrival.row)) return;
    this.#room.give(arrival);
    this.#fill();
  }

  behind(): readonly Arrival[] {
    return NONE;
  }

  retrying(arrival: Arrival): void {
    if (arrival.row === undefined) this.#retrying.add(arrival);
  }

  get hasSpillable(): boolean {
    return this.#retrying.size > 0;
  }

  takeSpillable(): readonly Arrival[] {
    const taken = [...this.#retrying].filter(isSpillable);
    this.#retrying.clear();
    return taken;
  }

  spilled(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      if (arrival.row === undefined) continue;
      this.#room.take(arrival);
      this.#active.add(arrival.row);
      if (!this.#room.exceeded || !this.#options.hooks.drop(arrival)) continue;
      this.#room.give(arrival);
      this.#active.delete(arrival.row);
      this.#unseen = true;
    }
  }

  replayed(): void {
    this.#unseen = true;
    this.#fill();
  }

  wanted(filter: string): void {
    if (!this.#unseen || !this.#room.hasReserve) return;
    let free: Arrival | undefined;
    spilledTopic(this.#options.store, filter, (topic) => {
      free = this.#freeRow(topic);
      return free !== undefined;
    });
    if (free !== undefined) this.#start(free);
  }

  #freeRow(topic: string): Arrival | undefined {
    for (let after = 0; ; ) {
      const { arrivals, more } = load(this.#options.store, after, PREFETCH, topic);
      const free = arrivals.find(({ row = 0 }) => !this.#active.has(row));
      if (free !== undefined || !more) return free;
      after = arrivals.at(-1)?.row ?? 0;
    }
  }

  /** Takes up rows that are not under way, round and round, so that none waits for ever. */
  #fill(): void {
    for (let wrapped = this.#cursor === 0; this.#unseen && this.#room.free > 0; ) {
      if (this.#takeUp()) continue;
      this.#cursor = 0;
      if (wrapped) this.#unseen = false;
      wrapped = true;
    }
  }

  /** The next rows after the cursor, as far as there is room; false at the end. */
  #takeUp(): boolean {
    const { store } = this.#options;
    const { arrivals, more, small } = load(store, this.#cursor, this.#small ? PREFETCH : 1);
    this.#small = small;
    for (const arrival of arrivals) {
      const { row = 0 } = arrival;
      if (this.#room.free === 0) return true;
      this.#cursor = row;
      if (!this.#active.has(row)) this.#start(arrival);
    }
    return more;
  }

  #start(arrival: Arrival): void {
    this.#active.add(arrival.row ?? 0);
    this.#room.take(arrival);
    this.#options.hooks.run(arrival);
  }
}
