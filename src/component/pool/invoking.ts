import type { GuestInvoke, InvokeReply } from '../../guest.ts';
import { compact } from '../exchange/compact.ts';
import type { InvokeMessage } from '../exchange/protocol.ts';
import type { Held } from './held.ts';

/** The functions of the library's user that calls of one worker wait for. */
export class Invocations {
  readonly #invoke: GuestInvoke | undefined;
  /** Of calls that have called such a function, by their ids. */
  readonly #calls = new Map<number, AbortController>();

  constructor(invoke: GuestInvoke | undefined) {
    this.#invoke = invoke;
  }

  /** `held` is undefined where the call is over. `reply` is called once. */
  invoke(held: Held | undefined, { request, unread }: InvokeMessage, reply: (reply: InvokeReply) => void): void {
    if (held === undefined || this.#invoke === undefined) {
      reply({ kind: 'fault', message: 'was called from outside of a call: the handler has returned' });
      return;
    }
    const abort = this.#calls.get(held.id) ?? new AbortController();
    this.#calls.set(held.id, abort);
    const { signal } = abort;
    const { binding, event } = held.pull?.current(unread) ?? held.call;
    const once = (answer: InvokeReply) => {
      signal.removeEventListener('abort', givenUp);
      reply(answer);
    };
    const givenUp = () => reply({ kind: 'fault', message: 'was given up: the call is over' });
    signal.addEventListener('abort', givenUp, { once: true });
    void this.#invoke(request, { binding, event, signal }).then((answer) => {
      if (!signal.aborted) once(compactReply(answer));
    });
  }

  /** The call is over, however it ended: nobody waits for its functions any more. */
  ended(call: number): void {
    const abort = this.#calls.get(call);
    if (abort === undefined) return;
    this.#calls.delete(call);
    abort.abort(new Error('the call of the guest is over'));
  }
}

function compactReply(reply: InvokeReply): InvokeReply {
  if (reply.kind !== 'ok' || !(reply.value instanceof Uint8Array)) return reply;
  return { kind: 'ok', value: compact(reply.value) };
}
