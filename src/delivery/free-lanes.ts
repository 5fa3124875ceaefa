import type { Arrival } from './arrival.ts';
import { isSpillable, type LaneOptions, type Lanes, load, PREFETCH } from './lanes.ts';
import { Room } from './room.ts';

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
    const { store, hooks } = this.#options;
    const { arrivals, more, small } = load(store, this.#cursor, this.#small ? PREFETCH : 1);
    this.#small = small;
    for (const arrival of arrivals) {
      const { row = 0 } = arrival;
      if (this.#room.free === 0) return true;
      this.#cursor = row;
      if (this.#active.has(row)) continue;
      this.#active.add(row);
      this.#room.take(arrival);
      hooks.run(arrival);
    }
    return more;
  }
}
