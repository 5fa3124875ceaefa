import { unpackCalls } from '../exchange/call-batch.ts';
import { cellOf, type Exchange, isByMessage } from '../exchange/exchange.ts';
import type { CallMessage, ToWorker } from '../exchange/protocol.ts';
import type { HandlerExport } from '../handler.ts';

/** The calls that have come, in order, from the exchange and by message. */
export class Calls {
  readonly #exchange: Exchange;
  readonly #names = { handlers: [] as HandlerExport[], bindings: [] as string[] };
  /** Came by message, in the order in which their places in the exchange come. */
  readonly #posted: CallMessage[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Takes in what came by message. */
  add({ calls, handlers, bindings }: Pick<ToWorker, 'calls' | 'handlers' | 'bindings'>): void {
    if (handlers !== undefined) this.#names.handlers.push(...handlers);
    if (bindings !== undefined) this.#names.bindings.push(...bindings);
    if (calls !== undefined) unpackCalls(calls, (call) => this.#posted.push(call));
  }

  /** The call whose turn it is; undefined where there is none, or where it is still to come by message. */
  next(): CallMessage | undefined {
    const { calls, records } = this.#exchange;
    const entry = calls.next;
    if (entry === undefined) return undefined;
    const call = isByMessage(entry) ? this.#posted.shift() : records.read(cellOf(entry), this.#names);
    if (call !== undefined) calls.pass();
    return call;
  }

  /** A message comes when there is more from now on. False where there is more already. */
  rest(): boolean {
    const { calls } = this.#exchange;
    if (calls.rest()) return true;
    const entry = calls.next;
    return entry !== undefined && isByMessage(entry) && this.#posted.length === 0;
  }
}
