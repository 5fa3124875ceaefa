/** What is open under a packet id. */
interface Identified {
  readonly packetId: number;
  /** Larger than those of what was set before. */
  readonly turn: number;
}

const SMALLEST = 64;

/**
 * What is open by packet id. Ids are given out in turn, so that those which are open at a time seldom share their lowest
 * bits: this is a table by these, which grows where they do. A `Map` would leave tables behind that hold what was in it.
 */
export class OpenIds<T extends Identified> {
  #entries: (T | undefined)[] = new Array(SMALLEST).fill(undefined);
  #mask = SMALLEST - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(packetId: number): T | undefined {
    const one = this.#entries[packetId & this.#mask];
    return one?.packetId === packetId ? one : undefined;
  }

  /** In place of what is open under its id. */
  set(one: T): void {
    for (;;) {
      const other = this.#entries[one.packetId & this.#mask];
      if (other === undefined) this.#size++;
      if (other === undefined || other.packetId === one.packetId) break;
      this.#grow();
    }
    this.#entries[one.packetId & this.#mask] = one;
  }

  delete(packetId: number): void {
    if (this.get(packetId) === undefined) return;
    this.#entries[packetId & this.#mask] = undefined;
    this.#size--;
  }

  /** In the order in which they were set. */
  all(): T[] {
    return this.#entries.filter((entry) => entry !== undefined).sort((a, b) => a.turn - b.turn);
  }

  #grow(): void {
    const entries = this.#entries;
    this.#mask = 2 * this.#mask + 1;
    this.#entries = new Array(this.#mask + 1).fill(undefined);
    for (const entry of entries) if (entry !== undefined) this.#entries[entry.packetId & this.#mask] = entry;
  }
}
