/** Topics that are remembered; the ones not seen for longest are forgotten first. */
const TOPICS = 10_000;

/** Which place a topic sticks to. */
export class Affinity<T> {
  readonly #places = new Map<string, T>();
  readonly #bound: number;

  constructor(bound = TOPICS) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#places.size;
  }

  /** The place of a topic of a binding; `choose` picks one for a topic that has none. */
  place(binding: string, topic: string, choose: () => T): T {
    const key = `${binding}\u0000${topic}`;
    const known = this.#places.get(key);
    const place = known ?? choose();
    if (known !== undefined) this.#places.delete(key);
    this.#places.set(key, place);
    if (this.#places.size > this.#bound) this.#forgetOldest();
    return place;
  }

  #forgetOldest(): void {
    for (const oldest of this.#places.keys()) {
      this.#places.delete(oldest);
      return;
    }
  }
}
