import type { CallChain } from '../guest.ts';
import type { Arrival, Started } from './arrival.ts';
import type { Attempts } from './attempts.ts';

/** Chains of all bindings: workers tell them apart by their numbers. */
let lastChain = 0;

/**
 * Starts attempts before their turn, behind the one whose turn it is and in its chain, so that a topic has many messages
 * under way and still one after another. Their outcomes wait for their turn: what is committed, and in which order, is
 * the same as without.
 */
export class Ahead {
  readonly #attempts: Pick<Attempts, 'attempt' | 'ahead'>;
  readonly #transactional: boolean;

  constructor(attempts: Pick<Attempts, 'attempt' | 'ahead'>, transactional: boolean) {
    this.#attempts = attempts;
    this.#transactional = transactional;
  }

  /** The attempt of a message whose turn it is: one that is under way, or a new one. */
  take(arrival: Arrival): Started {
    const { started } = arrival;
    arrival.started = undefined;
    if (started !== undefined && started.chain?.broken !== true) return started;
    return this.#start(
      arrival,
      this.#mayLead(arrival) ? { id: ++lastChain, broken: false, seat: undefined } : undefined,
    );
  }

  /** Starts attempts of what comes behind a message whose attempt was taken. */
  startBehind({ chain }: Started, behind: (count: number) => readonly Arrival[]): void {
    if (chain === undefined || chain.broken) return;
    for (const next of behind(this.#attempts.ahead ?? 0)) {
      const { started } = next;
      if (started?.chain === chain) continue;
      // Those of a broken chain are skipped; those of another one come after what is in between.
      if (started !== undefined && started.chain?.broken !== true) return;
      next.started = this.#start(next, chain);
    }
  }

  /** One that failed before is likely to fail again. */
  #mayLead({ attempts, row }: Arrival): boolean {
    return attempts === 0 && row === undefined && (this.#attempts.ahead ?? 0) > 0;
  }

  #start(arrival: Arrival, chain: CallChain | undefined): Started {
    const transaction = this.#transactional ? { publishes: [], bytes: 0 } : undefined;
    return { attempted: this.#attempts.attempt(arrival, transaction, chain), transaction, chain };
  }
}

/** It was started, and nothing in front of it has failed since. */
export function isUnderWay({ started }: Arrival): boolean {
  return started !== undefined && started.chain?.broken !== true;
}
