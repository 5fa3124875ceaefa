import { GuestTrap } from '../wit-error.ts';

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
/** One wait is never longer than this, so that a deadline far away cannot overflow the timer. */
const LONGEST_WAIT_MS = 60_000n;

/**
 * Blocks this thread until the monotonic clock shows `deadline` nanoseconds. A guest that sleeps past the deadline of
 * its call is ended with its worker, which interrupts the wait.
 */
function sleepUntil(deadline: bigint): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let left = deadline - process.hrtime.bigint(); left > 0n; left = deadline - process.hrtime.bigint()) {
    const milliseconds = (left + NANOSECONDS_PER_MILLISECOND - 1n) / NANOSECONDS_PER_MILLISECOND;
    Atomics.wait(cell, 0, 0, Number(milliseconds < LONGEST_WAIT_MS ? milliseconds : LONGEST_WAIT_MS));
  }
}

/** `wasi:io/poll.pollable`. Nothing here waits for the outside: it is ready at once or at a time. */
export class Pollable {
  /** Nanoseconds of the monotonic clock; undefined: always ready. */
  readonly deadline: bigint | undefined;

  constructor(deadline?: bigint) {
    this.deadline = deadline;
  }

  ready(): boolean {
    return this.deadline === undefined || this.deadline <= process.hrtime.bigint();
  }

  block(): void {
    if (this.deadline !== undefined) sleepUntil(this.deadline);
  }
}

/** Blocks until one of `pollables` is ready; returns the indexes of all that are. An empty list traps, as WASI says. */
export function poll(pollables: readonly Pollable[]): Uint32Array {
  if (pollables.length === 0) throw new GuestTrap('the guest called wasi:io/poll.poll with an empty list');
  const readyNow = pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : []));
  if (readyNow.length > 0) return Uint32Array.from(readyNow);
  let first: bigint | undefined;
  for (const { deadline } of pollables)
    if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline;
  if (first !== undefined) sleepUntil(first);
  return Uint32Array.from(pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : [])));
}
