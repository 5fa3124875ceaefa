import type { PublishRequest } from '../../guest.ts';
import type { PubsubError, Result } from '../../types.ts';
import type { AskCells } from '../exchange/ask-cells.ts';
import type { CallMessage } from '../exchange/protocol.ts';
import type { Outbox } from './outbox.ts';

/** Whether the main thread is sure to take a publish into the transaction of its call. */
export type Surely = (call: Pick<CallMessage, 'binding' | 'attributeBytes'>, request: PublishRequest) => boolean;

const OK: Result<void, PubsubError> = { ok: true, value: undefined };

/** Publishes and bytes of one call that are taken without asking: the main thread bounds what a transaction holds. */
const UNASKED = 1_000;
const UNASKED_BYTES = 2 ** 20;

/**
 * Publishes of guests that cannot wait, all of them in transactions: what is sure to be taken travels back with the
 * call's result, and for the rest the thread stands still until the main thread has said what becomes of it.
 */
export class Transactions {
  readonly #outbox: Outbox;
  readonly #asks: AskCells;
  readonly #surely: Surely;
  #call = 0;
  #publishes = 0;
  #bytes = 0;

  constructor(outbox: Outbox, asks: AskCells, surely: Surely) {
    this.#outbox = outbox;
    this.#asks = asks;
    this.#surely = surely;
  }

  /** `call` is the one whose handler runs; without one (it has returned) the publish is refused. */
  publish(call: CallMessage | undefined, request: PublishRequest): Result<void, PubsubError> {
    if (call === undefined)
      return { ok: false, error: { tag: 'other', val: 'a publish outside of a handler: it has returned' } };
    if (this.#isUnasked(call.id, request) && this.#surely(call, request)) {
      this.#outbox.buffer(call.id, request);
      return OK;
    }
    return this.#asks.wait((id) => this.#outbox.ask({ id, call: call.id, request }));
  }

  #isUnasked(id: number, { topic, event }: PublishRequest): boolean {
    if (id !== this.#call) [this.#call, this.#publishes, this.#bytes] = [id, 0, 0];
    this.#publishes++;
    this.#bytes += topic.length + event.data.byteLength;
    return this.#publishes <= UNASKED && this.#bytes <= UNASKED_BYTES;
  }
}
