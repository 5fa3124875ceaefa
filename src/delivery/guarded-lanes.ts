import type { Arrival } from './arrival.ts';
import type { Lanes } from './lanes.ts';

/**
 * Lanes over a journal that may not be readable any more: it reports that itself, and the host stops. What is called
 * here has nobody to reject to, so `failed` is told, and what is in the lanes stays where it is.
 */
export class GuardedLanes implements Lanes {
  readonly #lanes: Lanes;
  readonly #failed: () => void;

  constructor(lanes: Lanes, failed: () => void) {
    this.#lanes = lanes;
    this.#failed = failed;
  }

  enter(arrival: Arrival): void {
    try {
      this.#lanes.enter(arrival);
    } catch {
      this.#failed();
    }
  }

  leave(arrival: Arrival): void {
    try {
      this.#lanes.leave(arrival);
    } catch {
      this.#failed();
    }
  }

  behind(arrival: Arrival, count: number, from: number): readonly Arrival[] {
    return this.#lanes.behind(arrival, count, from);
  }

  retrying(arrival: Arrival): void {
    this.#lanes.retrying(arrival);
  }

  get hasSpillable(): boolean {
    return this.#lanes.hasSpillable;
  }

  takeSpillable(): readonly Arrival[] {
    return this.#lanes.takeSpillable();
  }

  spilled(arrivals: readonly Arrival[]): void {
    try {
      this.#lanes.spilled(arrivals);
    } catch {
      this.#failed();
    }
  }

  replayed(): void {
    try {
      this.#lanes.replayed();
    } catch {
      this.#failed();
    }
  }

  wanted(filter: string): void {
    try {
      this.#lanes.wanted(filter);
    } catch {
      this.#failed();
    }
  }
}
