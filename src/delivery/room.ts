import type { Arrival } from './arrival.ts';

/** Bounds what the spilled messages that are under way hold in memory. A single one may be larger. */
export class Room {
  readonly #limit: number;
  readonly #maxBytes: number;
  #count = 0;
  #bytes = 0;

  constructor(limit: number, maxBytes: number) {
    this.#limit = limit;
    this.#maxBytes = maxBytes;
  }

  /** How many more may be taken up. */
  get free(): number {
    return this.#bytes >= this.#maxBytes ? 0 : Math.max(0, this.#limit - this.#count);
  }

  /** Whether one that somebody waits for may be taken up though there is no room: as much again. */
  get hasReserve(): boolean {
    return this.#count < 2 * this.#limit && this.#bytes < 2 * this.#maxBytes;
  }

  get exceeded(): boolean {
    return this.#count > this.#limit || (this.#count > 1 && this.#bytes > this.#maxBytes);
  }

  take({ event }: Arrival): void {
    this.#count++;
    this.#bytes += event.data.length;
  }

  give({ event }: Arrival): void {
    this.#count--;
    this.#bytes -= event.data.length;
  }
}
