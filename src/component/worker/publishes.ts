import type { PublishRequest } from '../../guest.ts';
import type { PubsubError, Result } from '../../types.ts';
import type { Outbox } from './outbox.ts';

/** Publishes of one call that may be unanswered. */
const IN_FLIGHT = 1000;

type Verdict = Result<void, PubsubError>;

function refuse(text: string): Verdict {
  return { ok: false, error: { tag: 'other', val: text } };
}

/** Hands publishes to the main thread and their answers back. */
export class Publishes {
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, { readonly call: number; resolve(verdict: Verdict): void }>();
  readonly #counts = new Map<number, number>();
  #last = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * `call` is the call whose handler runs; without one (it has returned) the publish is refused. `unread`: see
   * `Pulls.unread`.
   */
  publish(call: number | undefined, request: PublishRequest, unread: readonly number[] | undefined): Promise<Verdict> {
    if (call === undefined) return Promise.resolve(refuse('a publish outside of a handler: it has returned'));
    const count = this.#counts.get(call) ?? 0;
    if (count >= IN_FLIGHT)
      return Promise.resolve(refuse(`more than ${IN_FLIGHT} publishes of one call are unanswered: await some first`));
    this.#counts.set(call, count + 1);
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const id = ++this.#last;
    this.#waiting.set(id, { call, resolve });
    this.#outbox.publish({ id, call, request, ...(unread !== undefined && { unread }) });
    return promise;
  }

  answer(id: number, verdict: Verdict): void {
    const entry = this.#waiting.get(id);
    if (entry === undefined) return;
    this.#waiting.delete(id);
    const count = (this.#counts.get(entry.call) ?? 1) - 1;
    if (count === 0) this.#counts.delete(entry.call);
    else this.#counts.set(entry.call, count);
    entry.resolve(verdict);
  }
}
