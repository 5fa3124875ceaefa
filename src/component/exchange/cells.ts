/** How many calls one worker may hold, queued ones included. */
export const CELLS = 128;

/** `waiting`: for a message that it has asked for, which may take any time. */
export type CellState = 'queued' | 'running' | 'ok' | 'failed' | 'waiting';

const STATES: readonly CellState[] = ['queued', 'running', 'ok', 'failed', 'waiting'];
/**
 * What two threads write in turn, or one reads while the other writes, with each call has lines of its own: a line goes
 * from one processor's cache to the other's as a whole, which takes as long as a hundred additions.
 */
export const LINE_BYTES = 64;
const LINE_INTS = LINE_BYTES / Int32Array.BYTES_PER_ELEMENT;
const LINE_FLOATS = LINE_BYTES / Float64Array.BYTES_PER_ELEMENT;
/** Of the output; of what the worker does; of its pace. */
const HEADER_BYTES = 3 * LINE_BYTES;
/** Of a cell's line. */
const TIME = 1;
const WORKED = 2;

function hrtime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/**
 * Both count on one clock of the system, from different moments; this one is read several times as fast. A thread that
 * had to wait between the two readings would count its calls too old for ever: the largest is nearest.
 */
const OFFSET = Math.max(...Array.from({ length: 8 }, () => hrtime() - performance.now()));

/** Milliseconds on a clock that all threads of the process share. */
export function monotonicNow(): number {
  return OFFSET + performance.now();
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
  /** Cell on the CPU plus one, progress. */
  readonly #worker: Int32Array;
  readonly #cpuTime: Float64Array;
  readonly #pace: Float64Array;
  /** A line for each cell: its state. */
  readonly #states: Int32Array;
  /** In the same line: since when its code runs, and how long a call that waits had run. */
  readonly #times: Float64Array;

  constructor(buffer = new SharedArrayBuffer(HEADER_BYTES + CELLS * LINE_BYTES)) {
    this.buffer = buffer;
    this.#output = new Int32Array(buffer, 0, 2);
    this.#worker = new Int32Array(buffer, LINE_BYTES, 2);
    this.#cpuTime = new Float64Array(buffer, LINE_BYTES + 8, 1);
    this.#pace = new Float64Array(buffer, 2 * LINE_BYTES, 1);
    this.#states = new Int32Array(buffer, HEADER_BYTES, CELLS * LINE_INTS);
    this.#times = new Float64Array(buffer, HEADER_BYTES, CELLS * LINE_FLOATS);
  }

  /** Main thread, before the worker is told of the call by something atomic: this is not, since it would wait here. */
  reset(cell: number): void {
    this.#states[cell * LINE_INTS] = 0;
  }

  state(cell: number): CellState {
    return STATES[Atomics.load(this.#states, cell * LINE_INTS)] ?? 'queued';
  }

  /** When the guest's code started; only for a call that is no longer queued. */
  startedAt(cell: number): number {
    return this.#times[cell * LINE_FLOATS + TIME] ?? 0;
  }

  /** Guest code starts to run for this call. */
  start(cell: number, now: number = monotonicNow()): void {
    this.#times[cell * LINE_FLOATS + TIME] = now;
    Atomics.store(this.#states, cell * LINE_INTS, 1);
    this.progressed();
  }

  /** The call waits for a message: its time stands still until {@link resume}. */
  wait(cell: number): void {
    this.#times[cell * LINE_FLOATS + WORKED] = monotonicNow() - this.startedAt(cell);
    Atomics.store(this.#states, cell * LINE_INTS, 4);
    this.progressed();
  }

  /** Its time goes on: from `since`, when it was handed a message, or else where it stood. */
  resume(cell: number, since: number | undefined): void {
    this.#times[cell * LINE_FLOATS + TIME] = since ?? monotonicNow() - this.worked(cell);
    Atomics.store(this.#states, cell * LINE_INTS, 1);
    this.progressed();
  }

  /** How long a call had run when it began to wait. */
  worked(cell: number): number {
    return this.#times[cell * LINE_FLOATS + WORKED] ?? 0;
  }

  end(cell: number, ok: boolean): void {
    Atomics.store(this.#states, cell * LINE_INTS, ok ? 2 : 3);
    this.progressed();
  }

  /** The cell of the call whose guest code runs, where the guest can wait and so calls overlap. */
  get onCpu(): number | undefined {
    const cell = Atomics.load(this.#worker, 0);
    return cell === 0 ? undefined : cell - 1;
  }

  /** Since when {@link onCpu} is that call. */
  get onCpuSince(): number {
    return this.#cpuTime[0] ?? 0;
  }

  enterCpu(cell: number): void {
    this.#cpuTime[0] = monotonicNow();
    Atomics.store(this.#worker, 0, cell + 1);
  }

  leaveCpu(): void {
    Atomics.store(this.#worker, 0, 0);
  }

  /** How long a call has taken lately, in milliseconds; 0 while nothing is known. */
  get pace(): number {
    return this.#pace[0] ?? 0;
  }

  set pace(milliseconds: number) {
    this.#pace[0] = milliseconds;
  }

  /** Changes whenever the worker does something: 0 while it is loading, and wraps around at 32 bits. */
  get progress(): number {
    return Atomics.load(this.#worker, 1);
  }

  progressed(): void {
    Atomics.add(this.#worker, 1, 1);
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
