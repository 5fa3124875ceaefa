import type { PubsubEvent } from '../types.ts';

const keyOf = ({ source, id }: PubsubEvent) => `${source}\u0000${id}`;

/** Lets one attempt at a time run of the events that have one source and id, so that copies find out about the first. */
export class CopyGate<T extends { readonly event: PubsubEvent }> {
  readonly #waiting = new Map<string, T[]>();

  /** False: a copy is being attempted, and {@link leave} will hand this one back. */
  enter(item: T): boolean {
    const key = keyOf(item.event);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, []);
    else waiting.push(item);
    return waiting === undefined;
  }

  /** The attempt is over; the copies that waited for it. */
  leave(item: T): readonly T[] {
    const key = keyOf(item.event);
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return waiting;
  }
}
