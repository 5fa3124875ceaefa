/**
 * A clock that is read once for all that happens in one turn of the event loop, up to its microtasks: in a flood one
 * turn takes in over a hundred messages, and reading a clock costs as much as finding a message's lane.
 */
export class TurnClock {
  readonly #read: () => number;
  #time: number | undefined;
  readonly #forget = () => {
    this.#time = undefined;
  };

  constructor(read: () => number) {
    this.#read = read;
  }

  now(): number {
    if (this.#time !== undefined) return this.#time;
    queueMicrotask(this.#forget);
    this.#time = this.#read();
    return this.#time;
  }
}

/** Milliseconds since the epoch. */
export const wallClock: TurnClock = new TurnClock(() => Date.now());
/** As `performance.now` counts. */
export const steadyClock: TurnClock = new TurnClock(() => performance.now());
