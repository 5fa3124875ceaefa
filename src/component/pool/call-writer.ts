import type { GuestCall } from '../../guest.ts';
import { numberOf, packCalls, portions } from '../exchange/call-batch.ts';
import { type Exchange, entryOf } from '../exchange/exchange.ts';
import type { CallBatch, CallMessage, GuestMessage, ToWorker } from '../exchange/protocol.ts';
import type { HandlerExport } from '../handler.ts';
import type { Held, SlotCall } from './held.ts';

/** A call as it is sent. */
export type SentCall = Pick<Held, 'id' | 'cell' | 'instance' | 'handler'> & { readonly call: Sent };

type Sent = Pick<SlotCall, 'link'> &
  (
    | (Pick<GuestMessage, 'event' | 'delivery'> & Pick<GuestCall, 'binding' | 'counted'>)
    | { readonly binding?: undefined; readonly event?: undefined; readonly counted?: undefined }
  );

/** What goes by message with calls. */
export interface Posted {
  /** Of the first message; the others are behind it. */
  readonly first: Pick<ToWorker, 'calls' | 'handlers' | 'bindings'>;
  readonly others: readonly CallBatch[];
}

/** Writes calls for one worker: into the exchange what fits, and the rest into batches that are posted. */
export class CallWriter {
  readonly #exchange: Exchange;
  readonly #handlers: HandlerExport[] = [];
  readonly #bindings: string[] = [];
  #posted: CallMessage[] = [];
  /** How many handlers and bindings the worker was told of. */
  #toldHandlers = 0;
  #toldBindings = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /**
   * @param attributeBytes see {@link CallMessage.attributeBytes}
   * @param delivers the guest may ask for what is known of its message beside the event
   */
  write(sent: SentCall, attributeBytes: number, delivers: boolean): void {
    const { id, cell } = sent;
    const fits = !delivers && this.#record(sent, attributeBytes);
    if (!fits) this.#posted.push(messageOf(sent, attributeBytes));
    this.#exchange.calls.put(entryOf(id, cell, !fits));
  }

  /** What has to be posted of what was written; undefined where nothing has to. */
  take(delivers: boolean): Posted | undefined {
    if (this.#posted.length === 0) return undefined;
    const [calls, ...others] = [...portions(this.#posted)].map((part) => packCalls(part, delivers));
    const [handlers, bindings] = [this.#handlers.slice(this.#toldHandlers), this.#bindings.slice(this.#toldBindings)];
    this.#posted = [];
    [this.#toldHandlers, this.#toldBindings] = [this.#handlers.length, this.#bindings.length];
    return {
      first: {
        ...(calls !== undefined && { calls }),
        ...(handlers.length > 0 && { handlers }),
        ...(bindings.length > 0 && { bindings }),
      },
      others,
    };
  }

  /** False where it has to be posted: also the first of a handler and of a binding, with their names. */
  #record({ id, cell, instance, handler, call }: SentCall, attributeBytes: number): boolean {
    const { event, counted, binding, link } = call;
    if (event === undefined || binding === undefined) return false;
    const [at, of] = [numberOf(this.#handlers, handler), numberOf(this.#bindings, binding)];
    if (at >= this.#toldHandlers || of >= this.#toldBindings) return false;
    const chain = link?.chain.id ?? 0;
    const record = { id, instance, chain, handler: at, binding: of, attributeBytes, event, counted };
    return this.#exchange.records.write(cell, record);
  }
}

function messageOf({ id, cell, instance, handler, call }: SentCall, attributeBytes: number): CallMessage {
  const { binding, link } = call;
  const message = call.event === undefined ? undefined : call;
  return { id, cell, instance, chain: link?.chain.id ?? 0, handler, binding, attributeBytes, message };
}
