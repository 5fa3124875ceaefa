/** Topics that are remembered of each binding. */
const TOPICS = 10_000;

export interface AffinityOptions<T> {
  readonly bound?: number | undefined;
  /** A topic of that place was forgotten. */
  readonly forgot?: ((place: T) => void) | undefined;
}

interface Entry<T> {
  readonly place: T;
  /** Its topic was seen since the entry was put last. */
  seen: boolean;
}

/**
 * Which place a topic sticks to. One that was not seen for long is forgotten by second chance: putting a topic last each
 * time that it is seen would cost more than all the rest.
 */
export class Affinity<T> {
  readonly #bindings = new Map<string, Map<string, Entry<T>>>();
  readonly #bound: number;
  readonly #forgot: ((place: T) => void) | undefined;

  constructor({ bound = TOPICS, forgot }: AffinityOptions<T> = {}) {
    this.#bound = bound;
    this.#forgot = forgot;
  }

  /** The place of a topic of a binding; `choose` picks one for a topic that has none. */
  place(binding: string, topic: string, choose: () => T): T {
    let topics = this.#bindings.get(binding);
    if (topics === undefined) {
      topics = new Map();
      this.#bindings.set(binding, topics);
    }
    const known = topics.get(topic);
    if (known !== undefined) {
      known.seen = true;
      return known.place;
    }
    const place = choose();
    topics.set(topic, { place, seen: false });
    if (topics.size > this.#bound) this.#forgetOne(topics);
    return place;
  }

  #forgetOne(topics: Map<string, Entry<T>>): void {
    for (const [topic, entry] of topics) {
      topics.delete(topic);
      if (!entry.seen) {
        this.#forgot?.(entry.place);
        return;
      }
      entry.seen = false;
      topics.set(topic, entry);
    }
  }
}
