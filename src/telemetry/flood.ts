import type { HostStatus } from '../status.ts';

/** Milliseconds over which lines are counted. */
const WINDOW = 1_000;
const MAX_KEYS = 1_000;

/** What a window kept back. */
export interface KeptBack {
  /** The last one. */
  readonly status: HostStatus;
  readonly count: number;
  /** Sum of the weights. */
  readonly weight: number;
}

interface Entry {
  until: number;
  written: number;
  count: number;
  weight: number;
  status: HostStatus;
}

/**
 * Lets at most `limit` lines of a key through in each second and counts the rest, on the caller's clock and without a
 * timer: {@link due} is to be asked whenever something is reported.
 */
export class FloodGate {
  /** In the order in which the windows end. */
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Nothing is kept back, and no window is open. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  admit(key: string, status: HostStatus, weight: number, now: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size < MAX_KEYS) this.#open(key, status, 1, now);
      return true;
    }
    if (entry.written < this.#limit) {
      entry.written++;
      return true;
    }
    entry.count++;
    entry.weight += weight;
    entry.status = status;
    return false;
  }

  /** What the windows that are over kept back, each of which starts a window of its own; or everything. */
  due(now: number, everything = false): KeptBack[] {
    const due: KeptBack[] = [];
    for (const [key, entry] of this.#entries) {
      // A window that ends too late is one of a clock that was set back since.
      if (!everything && entry.until > now && entry.until <= now + WINDOW) break;
      this.#entries.delete(key);
      if (entry.count === 0) continue;
      due.push(entry);
      this.#open(key, entry.status, this.#limit, now);
    }
    return due;
  }

  #open(key: string, status: HostStatus, written: number, now: number): void {
    this.#entries.set(key, { until: now + WINDOW, written, count: 0, weight: 0, status });
  }
}
