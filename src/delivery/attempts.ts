import type { BindingConfig } from '../config/model.ts';
import type { ChainLink, GuestOutcome, GuestPool, Transaction } from '../guest.ts';
import type { Arrival } from './arrival.ts';

/** What mailboxes want of the lanes that fill them. */
export interface Wants {
  /** The guest waits for something else: the message may be spilled, so that it holds up no other. */
  unasked(arrival: Arrival): void;
  /** The guest waits for what `filter` matches, and nothing that is here does. */
  wanted(filter: string): void;
}

/** Has the guest work on messages whose turn it is. */
export interface Attempts {
  /** Never rejects. `cut` where the message was not handed to the guest and will not be. Notes when it was. */
  attempt(arrival: Arrival, transaction: Transaction | undefined, link?: ChainLink): Promise<GuestOutcome>;
  /** How many attempts of one topic may be started before those in front have ended; left out: none. */
  readonly ahead?: number;
  /** Gives up a message that the guest was not handed; false where there is none such. */
  drop(arrival: Arrival): boolean;
  /** Nothing is handed to the guest any more. */
  stop(): void;
  connect?(wants: Wants): void;
  /** A message was settled, and what the guest waits for may be behind it. */
  moved?(): void;
}

/** Push: a call of the binding's handler for each message. */
export class HandlerCalls implements Attempts {
  readonly #binding: BindingConfig;
  readonly #pool: Pick<GuestPool, 'call' | 'ahead'>;

  constructor(binding: BindingConfig, pool: Pick<GuestPool, 'call' | 'ahead'>) {
    this.#binding = binding;
    this.#pool = pool;
  }

  /** With `dedup` a message may have to wait for a copy of another topic, and is not to be overtaken meanwhile. */
  get ahead(): number {
    return this.#binding.dedup === undefined ? (this.#pool.ahead ?? 0) : 0;
  }

  attempt(arrival: Arrival, transaction: Transaction | undefined, link?: ChainLink): Promise<GuestOutcome> {
    const { name, onMessage, timeout, order } = this.#binding;
    const { event, delivery } = arrival;
    arrival.handedAt = performance.now();
    const spread = order === 'none';
    return this.#pool.call({
      binding: name,
      handler: onMessage,
      event,
      delivery,
      timeout,
      transaction,
      spread,
      link,
    });
  }

  drop(): boolean {
    return false;
  }

  stop(): void {}
}
