import type { InvokeReply, InvokeRequest } from '../../guest.ts';
import type { Outbox } from './outbox.ts';

/** Functions that one call may be waiting for. */
const IN_FLIGHT = 64;

/** Hands calls of the library's functions to the main thread and their answers back. */
export class Invokes {
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, { readonly call: number; resolve(reply: InvokeReply): void }>();
  readonly #counts = new Map<number, number>();
  #last = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Calls that wait for an answer. */
  get calls(): number {
    return this.#counts.size;
  }

  /** `call` is the call whose guest code runs; undefined where it has returned. `unread`: see `Pulls.unread`. */
  invoke(call: number | undefined, request: InvokeRequest, unread?: readonly number[]): Promise<InvokeReply> {
    const refuse = (message: string) => Promise.resolve<InvokeReply>({ kind: 'fault', message });
    if (call === undefined) return refuse('was called from outside of a call');
    const count = this.#counts.get(call) ?? 0;
    if (count >= IN_FLIGHT) return refuse(`was called while ${IN_FLIGHT} calls were unanswered: await some first`);
    this.#counts.set(call, count + 1);
    const { promise, resolve } = Promise.withResolvers<InvokeReply>();
    const id = ++this.#last;
    this.#waiting.set(id, { call, resolve });
    this.#outbox.invoke({ id, call, request, ...(unread !== undefined && { unread }) });
    return promise;
  }

  answer(id: number, reply: InvokeReply): void {
    const entry = this.#waiting.get(id);
    if (entry === undefined) return;
    this.#waiting.delete(id);
    const count = (this.#counts.get(entry.call) ?? 1) - 1;
    if (count === 0) this.#counts.delete(entry.call);
    else this.#counts.set(entry.call, count);
    entry.resolve(reply);
  }
}
