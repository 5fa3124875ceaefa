/** How many calls one worker may hold, queued ones included. */
export const CELLS = 128;

export type CellState = 'queued' | 'running' | 'ok' | 'failed';

const STATES: readonly CellState[] = ['queued', 'running', 'ok', 'failed'];
const HEADER_BYTES = 8;
const STATE_BYTES = CELLS * 4;

/** Milliseconds on a clock that all threads of the process share. */
export function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/**
 * Shared between the main thread and one worker: for each call how far it has come and since when its guest code runs,
 * so that the main thread can tell a stuck call from those behind it although the worker says nothing. A cell belongs
 * to one call until the main thread has settled that.
 */
export class CallCells {
  readonly buffer: SharedArrayBuffer;
  /** Output taken, lines dropped. */
  readonly #output: Int32Array;
  readonly #states: Int32Array;
  readonly #times: Float64Array;

  constructor(buffer = new SharedArrayBuffer(HEADER_BYTES + STATE_BYTES + CELLS * 8)) {
    this.buffer = buffer;
    this.#output = new Int32Array(buffer, 0, 2);
    this.#states = new Int32Array(buffer, HEADER_BYTES, CELLS);
    this.#times = new Float64Array(buffer, HEADER_BYTES + STATE_BYTES, CELLS);
  }

  reset(cell: number): void {
    Atomics.store(this.#states, cell, 0);
  }

  state(cell: number): CellState {
    return STATES[Atomics.load(this.#states, cell)] ?? 'queued';
  }

  /** When the guest's code started; only for a call that is no longer queued. */
  startedAt(cell: number): number {
    return this.#times[cell] ?? 0;
  }

  /** Guest code starts to run for this call. */
  start(cell: number): void {
    this.#times[cell] = monotonicNow();
    Atomics.store(this.#states, cell, 1);
  }

  end(cell: number, ok: boolean): void {
    Atomics.store(this.#states, cell, ok ? 2 : 3);
  }

  /** How much output the main thread has taken in all; wraps around at 32 bits. */
  get outputTaken(): number {
    return Atomics.load(this.#output, 0);
  }

  takeOutput(cost: number): void {
    Atomics.add(this.#output, 0, cost);
  }
  /** Lines of output that the worker left out, in all; wraps around likewise. */
  get outputDropped(): number {
    return Atomics.load(this.#output, 1);
  }

  dropOutput(): void {
    Atomics.add(this.#output, 1, 1);
  }
}
