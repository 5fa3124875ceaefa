import type { IncomingMessage } from '../../../types.ts';
import { bytesOf, MarkedMessages } from '../wire/received.ts';

const MARK = 1;

/**
 * What is handed over and whose acknowledgement is not written, over all connections of the session: a message whose
 * connection is gone still occupies memory until its call is done. A hard cap, except that a message larger than the
 * whole window passes when nothing else is in it.
 */
export class Window {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #messages = new MarkedMessages(MARK);
  #count = 0;
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get messages(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** At least half full. */
  get crowded(): boolean {
    return this.#count * 2 >= this.#maxMessages || this.#bytes * 2 >= this.#maxBytes;
  }

  /** There is room for no message at all. */
  get full(): boolean {
    return this.#count > 0 && (this.#count >= this.#maxMessages || this.#bytes >= this.#maxBytes);
  }

  has(message: IncomingMessage): boolean {
    return this.#messages.has(message);
  }

  fits(message: IncomingMessage): boolean {
    if (this.#count === 0) return true;
    return this.#count < this.#maxMessages && this.#bytes + bytesOf(message) <= this.#maxBytes;
  }

  add(message: IncomingMessage): void {
    this.#messages.add(message);
    this.#count++;
    this.#bytes += bytesOf(message);
  }

  /** False when the message is not in the window. */
  remove(message: IncomingMessage): boolean {
    if (!this.#messages.delete(message)) return false;
    this.#count--;
    this.#bytes -= bytesOf(message);
    return true;
  }
}
