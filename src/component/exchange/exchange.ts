import { CallRecords, RECORDS_BYTES } from './call-records.ts';
import { LINE_BYTES } from './cells.ts';
import { RING_BYTES, Ring } from './ring.ts';

/** Behind the two rings and a line for a number. */
const RECORDS_AT = 2 * RING_BYTES + LINE_BYTES;

/** Of an id: enough to tell a call from those that had its cell shortly before. */
const ID_MASK = 0x7f_ffff;

/** What stands in {@link Exchange.calls} and, of a call's end, in {@link Exchange.results}. */
export function entryOf(id: number, cell: number, byMessage: boolean): number {
  return ((id & ID_MASK) << 8) | (cell << 1) | (byMessage ? 1 : 0);
}

export function cellOf(entry: number): number {
  return (entry >> 1) & 0x7f;
}

/** The rest of it comes by message, and has its place here. */
export function isByMessage(entry: number): boolean {
  return (entry & 1) === 1;
}

/** Whether it is about that call, and not one that had its cell before. */
export function isAbout(entry: number, id: number): boolean {
  return entry >>> 8 === (id & ID_MASK);
}

/**
 * Shared between the main thread and one worker: the calls on their way to it and, from it, that they have ended, each in
 * one order. What is too large, or is more than success, comes by message and keeps its place in the order.
 */
export class Exchange {
  readonly buffer: SharedArrayBuffer;
  readonly calls: Ring;
  readonly results: Ring;
  readonly records: CallRecords;
  readonly #isAwaited: Int32Array;

  constructor(buffer = new SharedArrayBuffer(RECORDS_AT + RECORDS_BYTES)) {
    this.buffer = buffer;
    this.calls = new Ring(buffer, 0);
    this.results = new Ring(buffer, RING_BYTES);
    this.#isAwaited = new Int32Array(buffer, 2 * RING_BYTES, 1);
    this.records = new CallRecords(buffer, RECORDS_AT);
  }

  /** Something waits for results; else the main thread may read of them when it looks by itself. */
  get isAwaited(): boolean {
    return Atomics.load(this.#isAwaited, 0) !== 0;
  }

  set isAwaited(value: boolean) {
    Atomics.store(this.#isAwaited, 0, value ? 1 : 0);
  }
}
