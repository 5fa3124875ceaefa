import { type ChainLink, type GuestOutcome, isCutOff, type Transaction } from '../guest.ts';

/** An attempt that is under way. One reaction to its promise serves all: each costs as much as reading the message. */
export class Started {
  readonly transaction: Transaction | undefined;
  readonly link: ChainLink | undefined;
  #outcome: GuestOutcome | undefined;
  #then: ((outcome: GuestOutcome) => void) | undefined;

  constructor(
    arrival: { repeated: boolean },
    attempted: Promise<GuestOutcome>,
    transaction: Transaction | undefined,
    link: ChainLink | undefined,
  ) {
    this.transaction = transaction;
    this.link = link;
    void attempted.then((outcome) => {
      this.#outcome = outcome;
      // What ran behind a failure, and is run again, was handed to the guest all the same.
      if (isCutOff(link) && outcome.kind !== 'skipped') arrival.repeated = true;
      this.#then?.(outcome);
    });
  }

  /** Tells `then` how it ended: later, also where that is known already. To be called once. */
  whenEnded(then: (outcome: GuestOutcome) => void): void {
    const outcome = this.#outcome;
    if (outcome === undefined) this.#then = then;
    else queueMicrotask(() => then(outcome));
  }
}
