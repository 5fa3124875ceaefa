import { LINE_BYTES } from './cells.ts';

/** What one side writes and the other reads, at most: see {@link Ring.put}. */
const SIZE = 1024;
const MASK = SIZE - 1;
/** Of {@link Ring.#counts}, each in a line of its own. */
const WRITTEN = 0;
const READ = LINE_BYTES / 4;
const TOLD = 2 * READ;
const HEADER_BYTES = 3 * LINE_BYTES;

/** Bytes that a ring takes up: whole lines. */
export const RING_BYTES = HEADER_BYTES + SIZE * 4;

/**
 * Numbers on their way from one thread to another, in shared memory. The reader reads them as they come while it is at
 * work, and has to be told by a message only when it is not: waking a thread costs more than twenty calls.
 */
export class Ring {
  /** How many were written and read in all, wrapping around at 32 bits; whether the reader was told that there are some. */
  readonly #counts: Int32Array;
  readonly #entries: Int32Array;
  /** This side's own count. */
  #at = 0;
  /** How many more may be written before the reader's count has to be looked at. */
  #room = SIZE;
  /** Reader: the writer's count when it was looked at last. */
  #seen = 0;

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#counts = new Int32Array(buffer, offset, HEADER_BYTES / 4);
    this.#entries = new Int32Array(buffer, offset + HEADER_BYTES, SIZE);
  }

  /**
   * Writer. What was written to shared memory before is there for whoever reads this.
   * @throws {Error} where the reader is 1,024 behind, which {@link CELLS} keeps it from.
   */
  put(entry: number): void {
    if (this.#room === 0) this.#room = SIZE - ((this.#at - Atomics.load(this.#counts, READ)) | 0);
    if (this.#room === 0) throw new Error('more calls are under way between two threads than there can be');
    this.#room--;
    this.#entries[this.#at & MASK] = entry;
    this.#at = (this.#at + 1) | 0;
    Atomics.store(this.#counts, WRITTEN, this.#at);
  }

  /** Writer: nothing is left to be read. */
  get isRead(): boolean {
    return this.#at === Atomics.load(this.#counts, READ);
  }

  /** Writer: whether the reader has to be told that there is something. Once this is true it must be. */
  mustTell(): boolean {
    return Atomics.exchange(this.#counts, TOLD, 1) === 0;
  }

  /** Reader: nothing is left to be read. */
  get isEmpty(): boolean {
    if (this.#at !== this.#seen) return false;
    this.#seen = Atomics.load(this.#counts, WRITTEN);
    return this.#at === this.#seen;
  }

  /** Reader: what comes next; undefined where nothing does. */
  get next(): number | undefined {
    return this.isEmpty ? undefined : this.#entries[this.#at & MASK];
  }

  /** Reader: goes on behind what is {@link next}. */
  pass(): void {
    if (this.isEmpty) return;
    this.#at = (this.#at + 1) | 0;
    Atomics.store(this.#counts, READ, this.#at);
  }

  /** Reader: it has to be told of what comes from now on. False where something has come meanwhile. */
  rest(): boolean {
    Atomics.store(this.#counts, TOLD, 0);
    return this.isEmpty;
  }
}
