import { failpoint } from '#failpoint';
import type { Publisher } from '../broker.ts';
import type { BindingConfig } from '../config/model.ts';
import { messageOf } from '../errors.ts';
import type { GuestOutcome, Transaction } from '../guest.ts';
import type { Inbox, Outbox, Settlement } from '../journal.ts';
import type { Telemetry } from '../status.ts';
import type { PubsubEvent } from '../types.ts';
import { Ahead, isUnderWay } from './ahead.ts';
import type { Arrival } from './arrival.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import { deadLetterEvent, deadLetterOf } from './dead-letter.ts';
import { type Decision, decide } from './decision.ts';
import { CopyGate } from './dedup.ts';
import type { Dispatcher } from './dispatcher.ts';
import { MayPublish } from './may-publish.ts';
import { Retries } from './retries.ts';
import { type Effects, Settling, type SettlingHooks } from './settling.ts';
import { steadyClock } from './turn-clock.ts';

export interface HandlingParts {
  readonly binding: BindingConfig;
  readonly inbox: Inbox;
  readonly attempts: Attempts;
  readonly dispatcher: Dispatcher;
  /** Where the binding's own publishes go: its dead letters. */
  readonly outbox: { readonly outbox: Outbox; readonly broker: string };
  readonly telemetry: Telemetry;
}

export interface HandlingHooks extends SettlingHooks {
  /** It waits for its next attempt. */
  retrying(arrival: Arrival): void;
  /** What comes after it, and may be attempted before it is settled: up to `count`, but for the first `from`. */
  behind(arrival: Arrival, count: number, from: number): readonly Arrival[];
  /** A broker that the guest publishes to is away, and back. */
  pause(): void;
  resume(): void;
}

/**
 * How often it is no attempt that a message's publish was sent and its broker went away instead of answering. One that
 * its broker closes each connection over would otherwise be repeated for ever, and hold everything up each time.
 */
const MAX_UNANSWERED = 3;

const NO_EFFECTS: Effects = {};

/** From a message whose turn it is to the commit of its result: attempts, retries, dead letters (DELIVERY, rule 3). */
export class Handling {
  readonly #parts: HandlingParts;
  readonly #hooks: HandlingHooks;
  readonly #ahead: Ahead;
  readonly #settling: Settling;
  readonly #publishing = new MayPublish();
  readonly #retries: Retries;
  readonly #copies = new CopyGate<Arrival>();
  readonly #begin = (arrival: Arrival, over: () => void) => this.#attempt(arrival, over);
  readonly #end: AttemptEnd<Arrival> = (attempt, outcome, over) => this.#ended(attempt, outcome, over);
  #held: Arrival[] = [];
  #paused = 0;
  #stopped = false;

  constructor(parts: HandlingParts, hooks: HandlingHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#ahead = new Ahead(parts.attempts, parts.binding.transactional);
    this.#settling = new Settling(parts, hooks);
    this.#retries = new Retries(parts.inbox, (arrival) => this.run(arrival));
  }

  /** What is under way already is seen to its end, also after {@link stop}. */
  run(arrival: Arrival): void {
    const { dispatcher } = this.#parts;
    if (isUnderWay(arrival)) dispatcher.goOn(this.#begin, arrival);
    else if (!this.#stopped) dispatcher.submit(this.#begin, arrival);
  }

  /** Gives up the next attempt of one that waits for it, or to be asked for; false where it does not. */
  drop(arrival: Arrival): boolean {
    // What is loaded again has the attempts that are committed.
    if (arrival.remembering) return false;
    if (this.#parts.attempts.drop(arrival)) return true;
    return this.#retries.drop(arrival);
  }

  /** A publish of the call that handles `event` failed because its broker was away: that failure is no attempt. */
  publishFailed(event: PubsubEvent, publisher: Pick<Publisher, 'whenOnline'>, sent = false): void {
    const arrival = this.#publishing.find(event);
    if (arrival === undefined || arrival.brokerAway !== undefined) return;
    if (sent && ++arrival.unanswered > MAX_UNANSWERED) return;
    arrival.brokerAway = publisher;
  }

  /** Starts no attempt any more. */
  stop(): void {
    this.#stopped = true;
    this.#parts.attempts.stop();
    this.#retries.stop();
  }

  /** Tells `over` once, and never throws: what can go wrong is the journal's failure, which it reports itself. */
  #attempt(arrival: Arrival, over: () => void): void {
    if (isUnderWay(arrival) || this.#mayBegin(arrival)) {
      if (this.#parts.binding.dedup === undefined || arrival.raw) this.#call(arrival, over);
      else
        void this.#callOnce(arrival)
          .catch((thrown: unknown) => this.#stays(arrival, thrown))
          .then(over);
    } else {
      over();
    }
  }

  #mayBegin(arrival: Arrival): boolean {
    if (this.#stopped) return false;
    if (this.#paused === 0) return true;
    // Its publishes would wait for the same broker, and hold a place that other bindings could use.
    this.#held.push(arrival);
    return false;
  }

  /** With `dedup`, under which nothing is under way before its turn. */
  async #callOnce(arrival: Arrival): Promise<void> {
    if (!this.#copies.enter(arrival)) return;
    try {
      if (this.#wasHandled(arrival)) await this.#dropCopy(arrival);
      else await new Promise<void>((over) => this.#call(arrival, over));
    } finally {
      for (const copy of this.#copies.leave(arrival)) this.run(copy);
    }
  }

  #call(arrival: Arrival, over: () => void): void {
    try {
      this.#take(arrival).whenEnded(this.#end, over);
    } catch (thrown) {
      this.#stays(arrival, thrown);
      over();
    }
  }

  #take(arrival: Arrival): Attempt<Arrival> {
    arrival.brokerAway = undefined;
    const taken = this.#ahead.take(arrival);
    if (this.#mayPublish(taken)) this.#publishing.add(arrival);
    if (arrival.attempts === 0 && this.#parts.dispatcher.hasRoom && !this.#stopped && this.#paused === 0)
      this.#ahead.startBehind(taken, this.#hooks);
    return taken;
  }

  /** Outside of a transaction. What is chained cannot wait for a broker. */
  #mayPublish({ link }: Attempt<Arrival>): boolean {
    return !this.#parts.binding.transactional && link === undefined;
  }

  /** What ended well and leaves nothing in the journal is settled at once: a wait costs as much as reading a message. */
  #ended({ arrival, transaction }: Attempt<Arrival>, outcome: GuestOutcome, over: () => void): void {
    this.#publishing.remove(arrival);
    let isOver = true;
    try {
      if (outcome.kind === 'ok') this.#tellHandled(arrival);
      isOver = outcome.kind === 'ok' && this.#settling.settleNow(arrival, this.#effects(arrival, transaction));
    } catch (thrown) {
      this.#stays(arrival, thrown);
    }
    if (isOver) over();
    else void this.#follow(arrival, outcome, transaction).then(over);
  }

  #tellHandled(arrival: Arrival): void {
    const { binding, telemetry } = this.#parts;
    if (!telemetry.wants('debug')) return;
    const milliseconds = steadyClock.now() - arrival.handedAt;
    const [attempt, topic] = [arrival.attempts + 1, arrival.topic];
    telemetry.report({ kind: 'handled', binding: binding.name, topic, attempt, milliseconds });
  }

  #effects(arrival: Arrival, transaction: Transaction | undefined): Effects {
    const handled = this.#handledKey(arrival);
    const publishes = transaction?.publishes;
    const isNothing = handled === undefined && (publishes === undefined || publishes.length === 0);
    return isNothing ? NO_EFFECTS : { publishes: publishes ?? [], handled };
  }

  /** Never rejects. */
  async #follow(arrival: Arrival, outcome: GuestOutcome, transaction: Transaction | undefined): Promise<void> {
    // What came together with a failure is told first: what ran behind it is run again.
    if (outcome.kind !== 'ok') await undefined;
    const [attempt, isAway] = [arrival.attempts + 1, arrival.brokerAway !== undefined];
    const facts = { outcome, qos: arrival.content.qos, attempt, retry: this.#parts.binding.retry, brokerAway: isAway };
    try {
      await this.#carryOut(arrival, decide(facts), transaction);
    } catch (thrown) {
      this.#stays(arrival, thrown);
    }
  }

  async #carryOut(arrival: Arrival, decision: Decision, transaction: Transaction | undefined): Promise<void> {
    switch (decision.do) {
      case 'acknowledge':
        return this.#settling.settle(arrival, this.#effects(arrival, transaction));
      case 'give-up':
        this.#parts.telemetry.report({ kind: 'lost-attempt', ...this.#place(arrival), error: decision.error });
        return this.#settling.settle(arrival, {});
      case 'dead-letter':
        return this.#deadLetter(arrival, decision.error);
      case 'retry':
        return this.#retry(arrival, decision.error, decision.delay);
      case 'repeat':
        arrival.repeated = true;
        return this.run(arrival);
      case 'wait-for-brokers':
        arrival.repeated = true;
        void this.#waitForBrokers(arrival, decision.error);
        return;
      case 'leave':
        return;
    }
  }

  async #deadLetter(arrival: Arrival, error: string): Promise<void> {
    const { binding, outbox, telemetry } = this.#parts;
    const deadLetter = deadLetterOf(binding.name, arrival, error, Date.now());
    const topic = binding.deadLetter;
    const publishes = topic === undefined ? [] : [{ ...outbox, event: deadLetterEvent(binding, topic, deadLetter) }];
    failpoint('dead-letter.decided');
    await this.#settling.settle(arrival, { publishes, deadLetter });
    failpoint('dead-letter.committed');
    telemetry.report({ kind: 'dead-letter', ...this.#place(arrival), attempts: deadLetter.attempts, error });
  }

  #retry(arrival: Arrival, error: string, delay: number): void {
    arrival.attempts++;
    const { binding, telemetry } = this.#parts;
    const [attempt, of] = [arrival.attempts, binding.retry.attempts];
    telemetry.report({ kind: 'failed-attempt', ...this.#place(arrival), attempt, of, error, retryIn: delay });
    void this.#retries.remember(arrival);
    if (this.#stopped) return;
    this.#retries.wait(arrival, delay);
    this.#hooks.retrying(arrival);
  }

  async #waitForBrokers(arrival: Arrival, error: string): Promise<void> {
    const { binding, telemetry } = this.#parts;
    if (this.#paused++ === 0) {
      this.#hooks.pause();
      const text = `intake pauses until the broker to publish to is back: ${error}`;
      telemetry.report({ kind: 'notice', level: 'warn', binding: binding.name, text });
    }
    await arrival.brokerAway?.whenOnline();
    this.#held.unshift(arrival);
    if (--this.#paused > 0) return;
    for (const held of this.#held.splice(0)) this.run(held);
    this.#hooks.resume();
  }

  #handledKey({ event, raw }: Arrival): Settlement['handled'] {
    const { dedup } = this.#parts.binding;
    if (dedup === undefined || raw) return undefined;
    return { source: event.source, id: event.id, until: Date.now() + dedup };
  }

  #wasHandled({ event }: Arrival): boolean {
    return this.#parts.inbox.wasHandled(event.source, event.id);
  }

  async #dropCopy(arrival: Arrival): Promise<void> {
    const { binding, telemetry } = this.#parts;
    telemetry.report({ kind: 'dropped', binding: binding.name, reason: 'duplicate', count: 1 });
    await this.#settling.settle(arrival, {});
  }

  #stays({ topic }: Arrival, thrown: unknown): void {
    const text = `message on "${topic}" stays unacknowledged: ${messageOf(thrown)}`;
    this.#parts.telemetry.report({ kind: 'notice', level: 'error', binding: this.#parts.binding.name, text });
  }

  #place({ topic }: Arrival): { readonly binding: string; readonly topic: string } {
    return { binding: this.#parts.binding.name, topic };
  }
}
