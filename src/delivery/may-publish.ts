import type { PubsubEvent } from '../types.ts';
import type { Arrival } from './arrival.ts';

/**
 * What is being attempted and may publish outside of a transaction. No `Map`: each of its tables leads to the next, so
 * that one which has grown old keeps all that came after it, with its messages, until the next full collection.
 */
export class MayPublish {
  readonly #arrivals: Arrival[] = [];

  add(arrival: Arrival): void {
    arrival.publishingAt = this.#arrivals.push(arrival) - 1;
  }

  /** The last one takes its place. */
  remove(arrival: Arrival): void {
    const at = arrival.publishingAt;
    if (at === undefined) return;
    arrival.publishingAt = undefined;
    const last = this.#arrivals.pop();
    if (last === undefined || last === arrival) return;
    this.#arrivals[at] = last;
    last.publishingAt = at;
  }

  /** Looked for one by one: publishes seldom fail. */
  find(event: PubsubEvent): Arrival | undefined {
    return this.#arrivals.find((arrival) => arrival.event === event);
  }
}
