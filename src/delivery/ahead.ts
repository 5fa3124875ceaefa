import { type CallChain, isCutOff } from '../guest.ts';
import type { Arrival } from './arrival.ts';
import type { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { Lanes } from './lanes.ts';

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
  take(arrival: Arrival): Attempt<Arrival> {
    const { started } = arrival;
    const isGood = isUnderWay(arrival);
    arrival.started = undefined;
    if (started !== undefined && isGood) return started;
    return this.#start(arrival, this.#mayLead(arrival) ? newChain() : undefined);
  }

  /** Starts attempts of what comes behind a message whose attempt was taken. */
  startBehind({ arrival, link }: Pick<Attempt<Arrival>, 'arrival' | 'link'>, lanes: Pick<Lanes, 'behind'>): void {
    if (link === undefined) return;
    const { chain, place } = link;
    if (chain.brokenAt < chain.length) return;
    // Those of the chain lie next to each other, and need not be looked at again.
    const from = chain.length - 1 - place;
    const count = (this.#attempts.ahead ?? 0) - from;
    if (count <= 0) return;
    for (const next of lanes.behind(arrival, count, from)) {
      // Those behind a failure are skipped; those of another chain come after what is in between.
      if (isUnderWay(next)) return;
      next.started = this.#start(next, chain);
    }
  }

  /** One that failed before is likely to fail again. */
  #mayLead({ attempts, row }: Arrival): boolean {
    return attempts === 0 && row === undefined && (this.#attempts.ahead ?? 0) > 0;
  }

  #start(arrival: Arrival, chain: CallChain | undefined): Attempt<Arrival> {
    const transaction = this.#transactional ? { publishes: [], bytes: 0 } : undefined;
    const link = chain && { chain, place: chain.length++ };
    return this.#attempts.attempt(arrival, transaction, link);
  }
}

function newChain(): CallChain {
  return { id: ++lastChain, length: 0, brokenAt: Number.POSITIVE_INFINITY, seat: undefined };
}

/**
 * It was started, and nothing in front of it has failed since: its outcome counts, though one behind it has failed, and
 * though it has failed itself.
 */
export function isUnderWay({ started }: Arrival): boolean {
  return started !== undefined && !isCutOff(started.link);
}
