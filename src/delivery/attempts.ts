import type { BindingConfig } from '../config/model.ts';
import type { ChainLink, DeliveryInfo, GuestCall, GuestPool, Transaction } from '../guest.ts';
import type { CountedId, PubsubEvent } from '../types.ts';
import type { Arrival } from './arrival.ts';
import { Attempt } from './attempt.ts';
import { steadyClock } from './turn-clock.ts';

/** What mailboxes want of the lanes that fill them. */
export interface Wants {
  /** The guest waits for something else: the message may be spilled, so that it holds up no other. */
  unasked(arrival: Arrival): void;
  /** The guest waits for what `filter` matches, and nothing that is here does. */
  wanted(filter: string): void;
}

/** Has the guest work on messages whose turn it is. */
export interface Attempts {
  /** Ends with `cut` where the message was not handed to the guest and will not be. Notes when it was. */
  attempt(arrival: Arrival, transaction: Transaction | undefined, link?: ChainLink): Attempt<Arrival>;
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

/** The call is its own attempt. What the guest is told stays as it was when it began. */
class HandlerCall extends Attempt<Arrival> implements GuestCall {
  readonly #binding: BindingConfig;
  readonly #failures: number;
  readonly #repeated: boolean;

  constructor(binding: BindingConfig, arrival: Arrival, transaction: Transaction | undefined, link?: ChainLink) {
    super(arrival, transaction, link);
    this.#binding = binding;
    this.#failures = arrival.attempts;
    this.#repeated = arrival.repeated;
  }

  get binding(): string {
    return this.#binding.name;
  }

  get handler(): string {
    return this.#binding.onMessage;
  }

  get topic(): string {
    return this.arrival.content.topic;
  }

  get event(): PubsubEvent {
    return this.arrival.event;
  }

  get counted(): CountedId | undefined {
    return this.arrival.counted;
  }

  get delivery(): DeliveryInfo {
    return this.arrival.deliveryAfter(this.#failures, this.#repeated);
  }

  get timeout(): number {
    return this.#binding.timeout;
  }

  get spread(): boolean {
    return this.#binding.order === 'none';
  }

  get unhurried(): boolean {
    return this.arrival.content.qos === 0;
  }
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

  attempt(arrival: Arrival, transaction: Transaction | undefined, link?: ChainLink): Attempt<Arrival> {
    arrival.handedAt = steadyClock.now();
    const call = new HandlerCall(this.#binding, arrival, transaction, link);
    this.#pool.call(call);
    return call;
  }

  drop(): boolean {
    return false;
  }

  stop(): void {}
}
