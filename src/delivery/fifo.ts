/** Entries whose place is kept when nothing is left, so that few that come and go cost no new array each time. */
const KEPT = 64;

/** First in, first out, in constant time; bounded by its users (the subscribers' windows). */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #tail = 0;

  get length(): number {
    return this.#tail - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Up to `count`, but for the first `from`. */
  slice(from: number, count: number): T[] {
    const start = this.#head + from;
    return this.#items.slice(start, Math.min(start + count, this.#tail)) as T[];
  }

  push(item: T): void {
    this.#items[this.#tail++] = item;
  }

  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#tail) this.#rewind();
    else if (this.#head > 1024 && this.#head * 2 > this.#tail) this.#cut();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#tail = 0;
  }

  #rewind(): void {
    if (this.#items.length > KEPT) this.#items = [];
    this.#head = 0;
    this.#tail = 0;
  }

  #cut(): void {
    this.#items = this.#items.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}
