import { matches } from '../../topics.ts';

const WILDCARD = /[+#]/;

/** Values by topic filter. A look-up costs one step for the exact filters and one for each different wildcard filter. */
export class FilterIndex<T> {
  readonly #exact = new Map<string, Set<T>>();
  readonly #wildcards = new Map<string, Set<T>>();

  add(filter: string, value: T): void {
    const map = this.#mapOf(filter);
    const values = map.get(filter);
    if (values === undefined) map.set(filter, new Set([value]));
    else values.add(value);
  }

  remove(filter: string, value: T): void {
    const map = this.#mapOf(filter);
    const values = map.get(filter);
    if (values?.delete(value) && values.size === 0) map.delete(filter);
  }

  /** The values of every filter that matches the topic name; one that was added under two of them comes twice. */
  match(topic: string): T[] {
    const found = [...(this.#exact.get(topic) ?? [])];
    for (const [filter, values] of this.#wildcards) if (matches(filter, topic)) found.push(...values);
    return found;
  }

  #mapOf(filter: string): Map<string, Set<T>> {
    return WILDCARD.test(filter) ? this.#wildcards : this.#exact;
  }
}
