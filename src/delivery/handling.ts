import { failpoint } from '#failpoint';
import type { Publisher } from '../broker.ts';
import type { BindingConfig } from '../config/model.ts';
import { messageOf } from '../errors.ts';
import type { Transaction } from '../guest.ts';
import type { Inbox, Outbox, Settlement } from '../journal.ts';
import type { Telemetry } from '../status.ts';
import type { PubsubEvent } from '../types.ts';
import { Ahead, isUnderWay } from './ahead.ts';
import type { Arrival } from './arrival.ts';
import type { Attempts } from './attempts.ts';
import { deadLetterEvent, deadLetterOf } from './dead-letter.ts';
import { type Decision, decide } from './decision.ts';
import { CopyGate } from './dedup.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface HandlingParts {
  readonly binding: BindingConfig;
  readonly inbox: Inbox;
  readonly attempts: Attempts;
  readonly dispatcher: Dispatcher;
  /** Where the binding's own publishes go: its dead letters. */
  readonly outbox: { readonly outbox: Outbox; readonly broker: string };
  readonly telemetry: Telemetry;
}

export interface HandlingHooks {
  /**
   * Its result has its place in the journal's order: what comes after it may run. Not one that was spilled, whose row is
   * there until the commit.
   */
  decided(arrival: Arrival): void;
  /** Its result is in the journal, as far as it has to be: it may be acknowledged. */
  settled(arrival: Arrival): void;
  /** It waits for its next attempt. */
  retrying(arrival: Arrival): void;
  /** What comes after it, and may be attempted before it is settled: up to `count`. */
  behind(arrival: Arrival, count: number): readonly Arrival[];
  /** A broker that the guest publishes to is away, and back. */
  pause(): void;
  resume(): void;
}

/**
 * How often it is no attempt that a message's publish was sent and its broker went away instead of answering. One that
 * its broker closes each connection over would otherwise be repeated for ever, and hold everything up each time.
 */
const MAX_UNANSWERED = 3;

type Result = Partial<Pick<Settlement, 'publishes' | 'handled' | 'deadLetter'>>;

/** From a message whose turn it is to the commit of its result: attempts, retries, dead letters (DELIVERY, rule 3). */
export class Handling {
  readonly #parts: HandlingParts;
  readonly #hooks: HandlingHooks;
  readonly #ahead: Ahead;
  /** What is being attempted and may publish outside of a transaction, for {@link publishFailed}. */
  readonly #byEvent = new Map<PubsubEvent, Arrival>();
  readonly #retries = new Map<Arrival, NodeJS.Timeout>();
  readonly #copies = new CopyGate<Arrival>();
  #held: Arrival[] = [];
  #paused = 0;
  #stopped = false;

  constructor(parts: HandlingParts, hooks: HandlingHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#ahead = new Ahead(parts.attempts, parts.binding.transactional);
  }

  /** What is under way already is seen to its end, also after {@link stop}. */
  run(arrival: Arrival): void {
    const { dispatcher } = this.#parts;
    if (isUnderWay(arrival)) dispatcher.goOn(() => this.#attempt(arrival));
    else if (!this.#stopped) dispatcher.submit(() => this.#attempt(arrival));
  }

  /** Gives up the next attempt of one that waits for it, or to be asked for; false where it does not. */
  drop(arrival: Arrival): boolean {
    // What is loaded again has the attempts that are committed.
    if (arrival.remembering) return false;
    if (this.#parts.attempts.drop(arrival)) return true;
    clearTimeout(this.#retries.get(arrival));
    return this.#retries.delete(arrival);
  }

  /** A publish of the call that handles `event` failed because its broker was away: that failure is no attempt. */
  publishFailed(event: PubsubEvent, publisher: Pick<Publisher, 'whenOnline'>, sent = false): void {
    const arrival = this.#byEvent.get(event);
    if (arrival === undefined || arrival.brokerAway !== undefined) return;
    if (sent && ++arrival.unanswered > MAX_UNANSWERED) return;
    arrival.brokerAway = publisher;
  }

  /** Starts no attempt any more. */
  stop(): void {
    this.#stopped = true;
    this.#parts.attempts.stop();
    for (const timer of this.#retries.values()) clearTimeout(timer);
    this.#retries.clear();
  }

  /** Never rejects: what can go wrong is the journal's failure, which it reports itself. */
  async #attempt(arrival: Arrival): Promise<void> {
    try {
      await this.#begin(arrival);
    } catch (thrown) {
      this.#stays(arrival, thrown);
    }
  }

  async #begin(arrival: Arrival): Promise<void> {
    if (isUnderWay(arrival)) return this.#call(arrival);
    if (this.#stopped) return;
    if (this.#paused > 0) {
      // Its publishes would wait for the same broker, and hold a place that other bindings could use.
      this.#held.push(arrival);
      return;
    }
    if (this.#parts.binding.dedup === undefined || arrival.raw) return this.#call(arrival);
    if (!this.#copies.enter(arrival)) return;
    try {
      await (this.#wasHandled(arrival) ? this.#dropCopy(arrival) : this.#call(arrival));
    } finally {
      for (const copy of this.#copies.leave(arrival)) this.run(copy);
    }
  }

  async #call(arrival: Arrival): Promise<void> {
    const { binding, dispatcher, telemetry } = this.#parts;
    const { event, content } = arrival;
    const attempt = arrival.attempts + 1;
    arrival.brokerAway = undefined;
    const taken = this.#ahead.take(arrival);
    // What is chained cannot wait for a broker.
    const publishes = !binding.transactional && taken.link === undefined;
    if (publishes) this.#byEvent.set(event, arrival);
    const { transaction } = taken;
    if (attempt === 1 && dispatcher.hasRoom && !this.#stopped && this.#paused === 0)
      this.#ahead.startBehind(taken, (count) => this.#hooks.behind(arrival, count));
    const { outcome, started } = await taken.attempted;
    if (publishes) this.#byEvent.delete(event);
    const { brokerAway } = arrival;
    if (outcome.kind === 'ok' && telemetry.wants('debug')) {
      const milliseconds = performance.now() - started;
      telemetry.report({ kind: 'handled', binding: binding.name, topic: arrival.topic, attempt, milliseconds });
    }
    const facts = { outcome, qos: content.qos, attempt, retry: binding.retry, brokerAway: brokerAway !== undefined };
    await this.#carryOut(arrival, decide(facts), transaction);
  }

  async #carryOut(arrival: Arrival, decision: Decision, transaction: Transaction | undefined): Promise<void> {
    switch (decision.do) {
      case 'acknowledge':
        await this.#settle(arrival, { publishes: transaction?.publishes ?? [], handled: this.#handledKey(arrival) });
        return;
      case 'give-up':
        this.#parts.telemetry.report({ kind: 'lost-attempt', ...this.#place(arrival), error: decision.error });
        await this.#settle(arrival, {});
        return;
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

  /** False where the journal has failed: it reports that itself, and the message stays where it is. */
  async #settle(arrival: Arrival, { publishes = [], handled, deadLetter }: Result): Promise<boolean> {
    const { inbox, telemetry } = this.#parts;
    failpoint('in.handled');
    arrival.settling = true;
    try {
      if (arrival.spilling !== undefined) await arrival.spilling;
      const { row, attempts, identified, content } = arrival;
      const marker = identified && content.qos === 2;
      const effects = publishes.length > 0 || handled !== undefined || deadLetter !== undefined;
      if (marker || effects || attempts > 0 || row !== undefined) {
        const id = marker || attempts > 0 ? arrival.id : undefined;
        const committed = inbox.settle({ id, marker, spilled: row, publishes, handled, deadLetter });
        if (row === undefined) this.#hooks.decided(arrival);
        await committed;
      }
    } catch (thrown) {
      this.#stays(arrival, thrown);
      return false;
    }
    failpoint('in.committed');
    for (const { event, broker } of publishes)
      telemetry.report({ kind: 'published', topic: event.topic, qos: event.qos, broker });
    this.#hooks.settled(arrival);
    return true;
  }

  async #deadLetter(arrival: Arrival, error: string): Promise<void> {
    const { binding, outbox, telemetry } = this.#parts;
    const deadLetter = deadLetterOf(binding.name, arrival, error, Date.now());
    const topic = binding.deadLetter;
    const publishes = topic === undefined ? [] : [{ ...outbox, event: deadLetterEvent(binding, topic, deadLetter) }];
    failpoint('dead-letter.decided');
    if (!(await this.#settle(arrival, { publishes, deadLetter }))) return;
    failpoint('dead-letter.committed');
    telemetry.report({ kind: 'dead-letter', ...this.#place(arrival), attempts: deadLetter.attempts, error });
  }

  #retry(arrival: Arrival, error: string, delay: number): void {
    arrival.attempts++;
    const { binding, telemetry } = this.#parts;
    const [attempt, of] = [arrival.attempts, binding.retry.attempts];
    telemetry.report({ kind: 'failed-attempt', ...this.#place(arrival), attempt, of, error, retryIn: delay });
    void this.#remember(arrival);
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#retries.delete(arrival);
      this.run(arrival);
    }, delay);
    this.#retries.set(arrival, timer);
    this.#hooks.retrying(arrival);
  }

  /** Journals the failed attempts, so that a restart does not forget them. */
  async #remember(arrival: Arrival): Promise<void> {
    const { inbox } = this.#parts;
    const { attempts, firstAt } = arrival;
    failpoint('attempt.decided');
    arrival.remembering = true;
    try {
      if (arrival.spilling !== undefined) await arrival.spilling;
      const { row, id } = arrival;
      if (row !== undefined) await inbox.failedSpilled(row, { attempts, firstAt });
      else if (id !== undefined) await inbox.failed(id, { attempts, firstAt });
    } catch {
      // The journal reports its own failure, which stops the host.
      return;
    }
    arrival.remembering = false;
    failpoint('attempt.committed');
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
    await this.#settle(arrival, {});
  }

  #stays({ topic }: Arrival, thrown: unknown): void {
    const text = `message on "${topic}" stays unacknowledged: ${messageOf(thrown)}`;
    this.#parts.telemetry.report({ kind: 'notice', level: 'error', binding: this.#parts.binding.name, text });
  }

  #place({ topic }: Arrival): { readonly binding: string; readonly topic: string } {
    return { binding: this.#parts.binding.name, topic };
  }
}
