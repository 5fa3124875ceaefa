import type { InvokeReply, InvokeRequest } from '../../guest.ts';
import type { Outbox } from './outbox.ts';
import { sizeOf } from './size.ts';

/** Functions that one call may be waiting for. */
const IN_FLIGHT = 64;
/** Bytes that their arguments may have together, but for those of one function alone: they are held by the main thread. */
const BYTES_IN_FLIGHT = 64 * 2 ** 20;

interface Waiting {
  readonly call: number;
  readonly bytes: number;
  resolve(reply: InvokeReply): void;
}

/** Hands calls of the library's functions to the main thread and their answers back. */
export class Invokes {
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, Waiting>();
  readonly #calls = new Map<number, { readonly count: number; readonly bytes: number }>();
  #last = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Calls that wait for an answer. */
  get calls(): number {
    return this.#calls.size;
  }

  /** `call` is the call whose guest code runs; undefined where it has returned. `unread`: see `Pulls.unread`. */
  invoke(call: number | undefined, request: InvokeRequest, unread?: readonly number[]): Promise<InvokeReply> {
    const refuse = (message: string) => Promise.resolve<InvokeReply>({ kind: 'fault', message });
    if (call === undefined) return refuse('was called from outside of a call');
    const { count, bytes } = this.#calls.get(call) ?? { count: 0, bytes: 0 };
    if (count >= IN_FLIGHT) return refuse(`was called while ${IN_FLIGHT} calls were unanswered: await some first`);
    const size = sizeOf(request.args, BYTES_IN_FLIGHT);
    if (count > 0 && bytes + size > BYTES_IN_FLIGHT)
      return refuse(`was called while calls with ${bytes} bytes were unanswered: await them first`);
    this.#calls.set(call, { count: count + 1, bytes: bytes + size });
    const { promise, resolve } = Promise.withResolvers<InvokeReply>();
    const id = ++this.#last;
    this.#waiting.set(id, { call, bytes: size, resolve });
    this.#outbox.invoke({ id, call, request, ...(unread !== undefined && { unread }) });
    return promise;
  }

  answer(id: number, reply: InvokeReply): void {
    const entry = this.#waiting.get(id);
    if (entry === undefined) return;
    this.#waiting.delete(id);
    const { count, bytes } = this.#calls.get(entry.call) ?? { count: 1, bytes: entry.bytes };
    if (count === 1) this.#calls.delete(entry.call);
    else this.#calls.set(entry.call, { count: count - 1, bytes: bytes - entry.bytes });
    entry.resolve(reply);
  }
}
