import type { BindingConfig } from '../config/model.ts';
import type { GuestOutcome, Transaction } from '../guest.ts';
import type { Telemetry } from '../status.ts';
import { matches } from '../topics.ts';
import type { Arrival } from './arrival.ts';
import { Attempt } from './attempt.ts';
import type { Attempts, Wants } from './attempts.ts';

/** After which a binding whose messages nobody asks for is warned about, in milliseconds. */
const UNASKED = 60_000;

const CUT: GuestOutcome = { kind: 'cut' };

/** A message that a guest may ask for, or has been handed. */
export class Parcel extends Attempt<Arrival> {
  /** It may be spilled. */
  unasked = false;
  #settled = false;

  /** The first time counts. Whoever waits for it is told later: what is settled together is handled together. */
  settle(outcome: GuestOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    queueMicrotask(() => this.ended(outcome));
  }
}

/** A guest that waits for a message. */
export interface Waiter {
  /** A topic name or filter. */
  readonly topic: string;
  give(mailbox: Mailbox, parcel: Parcel): void;
  /** The mailbox hands nothing out any more. */
  stopped(mailbox: Mailbox): void;
}

export type MailboxBinding = Pick<BindingConfig, 'name' | 'filters' | 'timeout' | 'receiveTimeout'>;

/**
 * Pull: holds messages whose turn it is until the guest asks for them (DELIVERY, "Pull, stream, commands"). At most one
 * of each topic where the binding keeps order, so what is here is bounded by the window and by what lanes load.
 */
export class Mailbox implements Attempts {
  readonly binding: MailboxBinding;
  readonly #telemetry: Pick<Telemetry, 'report'>;
  #parcels = new Map<Arrival, Parcel>();
  readonly #waiters = new Set<Waiter>();
  #wants: Wants | undefined;
  #unasked: NodeJS.Timeout | undefined;
  /** Whether the guest has ever asked. */
  #asked = false;
  #stopped = false;

  constructor(binding: MailboxBinding, telemetry: Pick<Telemetry, 'report'>) {
    this.binding = binding;
    this.#telemetry = telemetry;
  }

  connect(wants: Wants): void {
    this.#wants = wants;
  }

  moved(): void {
    for (const { topic } of this.#waiters) this.#wants?.wanted(topic);
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  attempt(arrival: Arrival, transaction: Transaction | undefined): Parcel {
    const parcel = new Parcel(arrival, transaction, undefined);
    if (this.#stopped) parcel.settle(CUT);
    else this.#offer(parcel);
    return parcel;
  }

  /** The first message that `topic` matches. It is out of the mailbox then, and its taker has to settle it. */
  take(topic: string): Parcel | undefined {
    this.#asked = true;
    clearTimeout(this.#unasked);
    for (const [arrival, parcel] of this.#parcels) {
      if (!this.#isFor(topic, arrival)) continue;
      this.#parcels.delete(arrival);
      return this.#handOut(parcel);
    }
    return undefined;
  }

  /** Waits for what {@link take} did not find. */
  wait(waiter: Waiter): void {
    this.#waiters.add(waiter);
    for (const parcel of this.#parcels.values()) this.#mark(parcel);
    this.#wants?.wanted(waiter.topic);
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** The guest has not read what it was handed: that was no attempt, and has no effect. */
  giveBack(parcel: Parcel): void {
    if (parcel.transaction !== undefined) {
      parcel.transaction.publishes.length = 0;
      parcel.transaction.bytes = 0;
    }
    if (this.#stopped) parcel.settle(CUT);
    else if (!this.#giveToWaiter(parcel)) {
      // Before everything else: it had its turn.
      parcel.unasked = false;
      this.#parcels = new Map([[parcel.arrival, parcel], ...this.#parcels]);
      if (this.#waiters.size > 0) this.#mark(parcel);
    }
  }

  drop(arrival: Arrival): boolean {
    const parcel = this.#parcels.get(arrival);
    if (parcel === undefined) return false;
    this.#parcels.delete(arrival);
    parcel.settle(CUT);
    return true;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#unasked);
    for (const parcel of this.#parcels.values()) parcel.settle(CUT);
    this.#parcels.clear();
    for (const waiter of [...this.#waiters]) waiter.stopped(this);
    this.#waiters.clear();
  }

  #offer(parcel: Parcel): void {
    if (this.#giveToWaiter(parcel)) return;
    this.#parcels.set(parcel.arrival, parcel);
    if (this.#waiters.size > 0) this.#mark(parcel);
    if (!this.#asked) this.#unasked ??= setTimeout(() => this.#warn(), UNASKED).unref();
  }

  #giveToWaiter(parcel: Parcel): boolean {
    for (const waiter of this.#waiters) {
      if (!this.#isFor(waiter.topic, parcel.arrival)) continue;
      waiter.give(this, this.#handOut(parcel));
      return true;
    }
    return false;
  }

  #handOut<T extends Parcel | undefined>(parcel: T): T {
    if (parcel !== undefined) parcel.arrival.handedAt = performance.now();
    return parcel;
  }

  #isFor(topic: string, arrival: Arrival): boolean {
    const { filters } = this.binding;
    return (filters.length === 1 && filters[0] === topic) || matches(topic, arrival.topic);
  }

  #mark(parcel: Parcel): void {
    if (parcel.unasked) return;
    parcel.unasked = true;
    this.#wants?.unasked(parcel.arrival);
  }

  #warn(): void {
    if (this.#asked) return;
    const text = `messages have waited for ${UNASKED / 1000} s and the component has not asked for any with receive or stream`;
    this.#telemetry.report({ kind: 'notice', level: 'warn', binding: this.binding.name, text });
  }
}
