import type { PubsubEvent } from '../types.ts';
import type { Arrival, Attempted } from './arrival.ts';
import type { Attempts } from './attempts.ts';

/** Attempts that may publish outside of a transaction: finds the message by the event that was handed to the guest. */
export class PublishingAttempts implements Pick<Attempts, 'attempt' | 'ahead'> {
  readonly #attempts: Attempts;
  readonly #byEvent = new Map<PubsubEvent, Arrival>();

  constructor(attempts: Attempts) {
    this.#attempts = attempts;
  }

  get ahead(): number {
    return this.#attempts.ahead ?? 0;
  }

  /** The message of an attempt that has not ended, also one that was started before its turn. */
  of(event: PubsubEvent): Arrival | undefined {
    return this.#byEvent.get(event);
  }

  async attempt(...[arrival, ...how]: Parameters<Attempts['attempt']>): Promise<Attempted> {
    arrival.brokerAway = undefined;
    arrival.publishing++;
    this.#byEvent.set(arrival.event, arrival);
    try {
      return await this.#attempts.attempt(arrival, ...how);
    } finally {
      // One that is skipped may end after the next has begun.
      if (--arrival.publishing === 0) this.#byEvent.delete(arrival.event);
    }
  }
}
