import type { HostStatus, Status, Telemetry } from '../status.ts';

type Kind = HostStatus['kind'];
type Next = IteratorResult<Status, undefined>;

const DONE: Next = { done: true, value: undefined };

/** One reader's statuses, from when it was opened. */
class Reader implements AsyncIterableIterator<Status, undefined> {
  readonly #kinds: ReadonlySet<Kind>;
  readonly #limit: number;
  readonly #gone: (reader: Reader) => void;
  readonly #waiting: ((next: Next) => void)[] = [];
  #buffer: HostStatus[] = [];
  #missed = 0;
  #ended = false;

  constructor(kinds: readonly Kind[], limit: number, gone: (reader: Reader) => void) {
    this.#kinds = new Set(kinds);
    this.#limit = limit;
    this.#gone = gone;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  report(status: HostStatus): void {
    if (this.#kinds.size > 0 && !this.#kinds.has(status.kind)) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting({ done: false, value: status });
      return;
    }
    if (this.#buffer.length >= this.#limit) {
      this.#buffer.shift();
      this.#missed++;
    }
    this.#buffer.push(status);
  }

  async next(): Promise<Next> {
    if (this.#missed > 0) {
      const count = this.#missed;
      this.#missed = 0;
      return { done: false, value: { kind: 'missed', count } };
    }
    const value = this.#buffer.shift();
    if (value !== undefined) return { done: false, value };
    if (this.#ended) return DONE;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The reader has read enough. */
  async return(): Promise<Next> {
    this.#buffer = [];
    this.#missed = 0;
    this.end();
    this.#gone(this);
    return DONE;
  }

  /** Nothing more comes; what is buffered may still be read. */
  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting(DONE);
  }
}

/** Hands statuses to any number of readers, each with a bounded buffer: the oldest go first, counted. */
export class StatusStreams implements Telemetry {
  readonly #readers = new Set<Reader>();
  readonly #limit: number;
  #ended = false;

  /** `limit`: what is kept for a reader that is behind; 1,000 statuses unless given. */
  constructor(limit = 1_000) {
    this.#limit = limit;
  }

  /** Statuses of these kinds, or of all, from now until {@link end}. */
  open<K extends Kind>(...kinds: readonly K[]): AsyncIterableIterator<Status<K>, undefined> {
    const reader = new Reader(kinds, this.#limit, (gone) => this.#readers.delete(gone));
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    // A reader holds no other kinds back.
    return reader as AsyncIterableIterator<Status<K>, undefined>;
  }

  wants(): boolean {
    return this.#readers.size > 0;
  }

  report(status: HostStatus): void {
    if (this.#readers.size === 0) return;
    for (const reader of this.#readers) reader.report(status);
  }

  end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}
