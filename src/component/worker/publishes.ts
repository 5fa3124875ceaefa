import type { PublishRequest } from '../../guest.ts';
import type { PubsubError, Result } from '../../types.ts';
import type { Outbox } from './outbox.ts';

/** Publishes of one call that may be unanswered. */
const IN_FLIGHT = 1000;

type Verdict = Result<void, PubsubError>;

function refuse(text: string): Verdict {
  return { ok: false, error: { tag: 'other', val: text } };
}

/** The call whose guest code publishes. */
export interface Publishing {
  readonly call: number;
  /** Publishes of it that are not answered. */
  publishing: number;
}

interface Unanswered {
  readonly by: Publishing;
  readonly resolve: (verdict: Verdict) => void;
}

/** Hands publishes to the main thread and their answers back. */
export class Publishes {
  readonly #outbox: Outbox;
  /** By their ids less 1. Each is answered once, and its id is another's then. */
  readonly #unanswered: (Unanswered | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * `by` is the call whose handler runs; without one (it has returned) the publish is refused. `unread`: see
   * `Pulls.unread`.
   */
  publish(
    by: Publishing | undefined,
    request: PublishRequest,
    unread: readonly number[] | undefined,
  ): Promise<Verdict> {
    if (by === undefined) return Promise.resolve(refuse('a publish outside of a handler: it has returned'));
    if (by.publishing >= IN_FLIGHT)
      return Promise.resolve(refuse(`more than ${IN_FLIGHT} publishes of one call are unanswered: await some first`));
    by.publishing++;
    return new Promise((resolve) => {
      const id = this.#free.pop() ?? this.#unanswered.length + 1;
      this.#unanswered[id - 1] = { by, resolve };
      const { call } = by;
      this.#outbox.publish(unread === undefined ? { id, call, request } : { id, call, request, unread });
    });
  }

  answer(id: number, verdict: Verdict): void {
    const entry = this.#unanswered[id - 1];
    if (entry === undefined) return;
    this.#unanswered[id - 1] = undefined;
    this.#free.push(id);
    entry.by.publishing--;
    entry.resolve(verdict);
  }
}
