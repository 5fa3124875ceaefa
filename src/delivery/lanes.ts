import type { Arrival } from './arrival.ts';
import { Fifo } from './fifo.ts';

/**
 * Which arrival may run next. With order "topic" each topic is a lane whose first arrival alone may run, so that a
 * message that is being retried holds up its own topic and no other.
 */
export class Lanes {
  readonly #byTopic = new Map<string, Fifo<Arrival>>();
  readonly #ordered: boolean;

  constructor(order: 'topic' | 'none') {
    this.#ordered = order === 'topic';
  }

  /** True when the arrival may run at once. */
  enter(arrival: Arrival): boolean {
    if (!this.#ordered) return true;
    const lane = this.#byTopic.get(arrival.message.topic);
    if (lane !== undefined) {
      lane.push(arrival);
      return false;
    }
    const fresh = new Fifo<Arrival>();
    fresh.push(arrival);
    this.#byTopic.set(arrival.message.topic, fresh);
    return true;
  }

  /** Takes a settled arrival out; the one that may run in its place, if any. */
  leave(arrival: Arrival): Arrival | undefined {
    if (!this.#ordered) return undefined;
    const lane = this.#byTopic.get(arrival.message.topic);
    lane?.shift();
    if (lane?.first === undefined) this.#byTopic.delete(arrival.message.topic);
    return lane?.first;
  }
}
