/** Topics that are remembered; the ones not seen for longest are forgotten first. */
const TOPICS = 10_000;

export interface AffinityOptions<T> {
  readonly bound?: number | undefined;
  /** A topic of that place was forgotten. */
  readonly forgot?: ((place: T) => void) | undefined;
}

/** Which place a topic sticks to. */
export class Affinity<T> {
  readonly #places = new Map<string, T>();
  readonly #bound: number;
  readonly #forgot: ((place: T) => void) | undefined;

  constructor({ bound = TOPICS, forgot }: AffinityOptions<T> = {}) {
    this.#bound = bound;
    this.#forgot = forgot;
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
    for (const [oldest, place] of this.#places) {
      this.#places.delete(oldest);
      this.#forgot?.(place);
      return;
    }
  }
}
