import type { LinkEnd } from '../connection/link.ts';

/**
 * "Right after" (DELIVERY, rule 8), in milliseconds: a broker that closes the connection over a PUBLISH does so when it
 * reads it, so a round trip and a slow access check later. A network that died unnoticed ends much later (no answer to
 * pings for one and a half keep alive intervals), when the window has long been full and nothing more was written.
 */
const RIGHT_AFTER = 5000;
/** Losses running after which publishes go one at a time. */
const LOSSES = 3;
/** Times running that the one which is alone closes the connection, until it is put aside. */
const CLOSES = 2;
/** DISCONNECT reasons that lie with the broker or the session, never with one publish [MQTT 5, 3.14.2.1]. */
const NOT_OVER_A_PUBLISH: ReadonlySet<number> = new Set([0x89, 0x8b, 0x8d, 0x8e, 0x98, 0x9c, 0x9d, 0x9f, 0xa0]);

/** Whether a connection ended as one does over a PUBLISH: by the broker's doing, right after one was written. */
export function blamesPublish(end: LinkEnd, sincePublish: number): boolean {
  if (sincePublish > RIGHT_AFTER) return false;
  if (end.kind === 'disconnect') return !NOT_OVER_A_PUBLISH.has(end.code);
  return end.kind === 'closed' || end.kind === 'error';
}

/**
 * Finds the publish for which a broker ends each connection (DELIVERY, rule 8). What was left unanswered at three losses
 * running is suspected. Then publishes go one at a time until each suspect was answered or found out: the one that is
 * alone when the connection is closed again, twice running, is to be put aside. An answer, a connection that ended for
 * another reason, and a broker that cannot be reached all start the count again, so that a lost network puts nothing
 * aside.
 */
export class Suspects<T> {
  #suspects = new Set<T>();
  #losses = 0;
  #isolating = false;
  #alone: T | undefined;
  #closes = 0;

  /** Publishes go one at a time. */
  get isolating(): boolean {
    return this.#isolating;
  }

  /** A connection ended; `unanswered` is empty where it was not over a publish. Returns the one to put aside. */
  ended(unanswered: readonly T[]): T | undefined {
    return this.#isolating ? this.#found(unanswered) : this.#count(unanswered);
  }

  /** The broker could not be reached. */
  unreachable(): void {
    this.#closes = 0;
    if (!this.#isolating) this.reset();
  }

  /** It was answered, or put aside. */
  passed(one: T): void {
    if (this.#alone === one) this.#closes = 0;
    if (this.#suspects.delete(one) && this.#suspects.size === 0) this.reset();
  }

  reset(): void {
    this.#suspects.clear();
    this.#losses = 0;
    this.#isolating = false;
    this.#alone = undefined;
    this.#closes = 0;
  }

  #count(unanswered: readonly T[]): undefined {
    const again = unanswered.filter((one) => this.#suspects.has(one));
    this.#losses = again.length > 0 ? this.#losses + 1 : Math.min(unanswered.length, 1);
    this.#suspects = new Set(again.length > 0 ? again : unanswered);
    this.#isolating = this.#losses >= LOSSES;
  }

  #found(unanswered: readonly T[]): T | undefined {
    const [one] = unanswered;
    this.#closes = one === undefined ? 0 : one === this.#alone ? this.#closes + 1 : 1;
    this.#alone = one;
    if (one === undefined || this.#closes < CLOSES) return undefined;
    this.passed(one);
    return one;
  }
}
