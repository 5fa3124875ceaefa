import { type ChainLink, type GuestOutcome, isCutOff, type Transaction } from '../guest.ts';

/** What an attempt is of. */
interface Attempted {
  /** The guest was handed it before, in an attempt that did not count. */
  repeated: boolean;
}

/** What is told how an attempt ended, with what is to be called when nothing is left to do of it. */
export type AttemptEnd<A extends Attempted> = (attempt: Attempt<A>, outcome: GuestOutcome, over: () => void) => void;

/** An attempt that is under way: one object for all that there is to know of it, since each message has one. */
export class Attempt<A extends Attempted> {
  readonly arrival: A;
  readonly transaction: Transaction | undefined;
  readonly link: ChainLink | undefined;
  #outcome: GuestOutcome | undefined;
  #then: AttemptEnd<A> | undefined;
  #over: (() => void) | undefined;

  constructor(arrival: A, transaction: Transaction | undefined, link: ChainLink | undefined) {
    this.arrival = arrival;
    this.transaction = transaction;
    this.link = link;
  }

  /** By who carries it out, once, and never while it is being started. */
  ended(outcome: GuestOutcome): void {
    this.#outcome = outcome;
    // What ran behind a failure, and is run again, was handed to the guest all the same.
    if (isCutOff(this.link) && outcome.kind !== 'skipped') this.arrival.repeated = true;
    if (this.#then !== undefined && this.#over !== undefined) this.#then(this, outcome, this.#over);
  }

  /** Tells `then` how it ended: later, also where that is known already. To be called once. */
  whenEnded(then: AttemptEnd<A>, over: () => void): void {
    const outcome = this.#outcome;
    if (outcome !== undefined) {
      queueMicrotask(() => then(this, outcome, over));
      return;
    }
    this.#then = then;
    this.#over = over;
  }
}
