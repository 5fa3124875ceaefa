import type { IncomingMessage } from '../../../types.ts';
import { MarkedMessages } from '../wire/received.ts';

const MARK = 2;

/** Arrived entries that were sent before the array is cut: keeps the cost of a shift away from each message. */
const COMPACT = 1024;

/**
 * Brings the acknowledgements of one connection into the order in which its messages arrived
 * [MQTT-4.6.0-2, MQTT-4.6.0-3]: one that is ready waits for those of earlier messages. What it holds is in the window,
 * whose bound is its own.
 */
export class AckOrder {
  /** Done with, behind one that is not. */
  readonly #ready = new MarkedMessages(MARK);
  #arrived: (IncomingMessage | undefined)[] = [];
  #next = 0;

  /** How many acknowledgements are owed. */
  get owed(): number {
    return this.#arrived.length - this.#next;
  }

  arrived(message: IncomingMessage): void {
    this.#arrived.push(message);
  }

  /** Takes a message of this connection as done with; {@link due} says what may go out then. */
  settle(message: IncomingMessage): void {
    this.#ready.add(message);
  }

  /** The next acknowledgement in order, or undefined where it has to wait: to be called until then. */
  due(): IncomingMessage | undefined {
    const head = this.#arrived[this.#next];
    if (head === undefined || !this.#ready.delete(head)) return undefined;
    this.#arrived[this.#next++] = undefined;
    if (this.#next >= COMPACT && this.#next * 2 >= this.#arrived.length) {
      this.#arrived = this.#arrived.slice(this.#next);
      this.#next = 0;
    }
    return head;
  }

  /** The connection ended: what was done with and can be acknowledged no more. */
  abandoned(): readonly IncomingMessage[] {
    const owed = this.#arrived.slice(this.#next) as IncomingMessage[];
    return owed.filter((message) => this.#ready.has(message));
  }
}
