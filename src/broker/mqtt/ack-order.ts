import type { IncomingMessage } from '../../types.ts';

/** Arrived entries that were sent before the array is cut: keeps the cost of a shift away from each message. */
const COMPACT = 1024;

/**
 * Brings the acknowledgements of one connection into the order in which its messages arrived
 * [MQTT-4.6.0-2, MQTT-4.6.0-3]: one that is ready waits for those of earlier messages.
 */
export class AckOrder {
  readonly #ready = new Set<IncomingMessage>();
  #arrived: IncomingMessage[] = [];
  #next = 0;

  /** How many acknowledgements are owed. */
  get owed(): number {
    return this.#arrived.length - this.#next;
  }

  arrived(message: IncomingMessage): void {
    this.#arrived.push(message);
  }

  /** Takes a message of this connection as done with; returns those whose acknowledgement may go out now, in order. */
  settle(message: IncomingMessage): IncomingMessage[] {
    this.#ready.add(message);
    const due: IncomingMessage[] = [];
    for (;;) {
      const head = this.#arrived[this.#next];
      if (head === undefined || !this.#ready.delete(head)) break;
      due.push(head);
      this.#next++;
    }
    if (this.#next >= COMPACT && this.#next * 2 >= this.#arrived.length) {
      this.#arrived = this.#arrived.slice(this.#next);
      this.#next = 0;
    }
    return due;
  }
}
