import { randomUUID } from 'node:crypto';
import type { BindingConfig } from '../config/model.ts';
import { messageOf } from '../errors.ts';
import { decodeEvent, deliveryInfo } from '../events/index.ts';
import type { GuestOutcome, GuestPool } from '../guest.ts';
import type { Telemetry } from '../status.ts';
import { matches } from '../topics.ts';
import type {
  Connected,
  DeadLetters,
  IncomingMessage,
  Publisher,
  PubsubEvent,
  QoS,
  Sessions,
  Subscriber,
  SubscriberSink,
  SubscriptionChange,
} from '../types.ts';
import { type Arrival, RunningIds } from './arrival.ts';
import { type Decision, decide } from './decision.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Lanes } from './lanes.ts';
import { type SessionIdentity, Subscription } from './subscription.ts';

export interface PushDeliveryParts {
  readonly binding: BindingConfig;
  readonly identity: SessionIdentity;
  readonly sessions: Sessions;
  readonly deadLetters: DeadLetters;
  readonly pool: Pick<GuestPool, 'call'>;
  readonly dispatcher: Dispatcher;
  readonly telemetry: Telemetry;
  /** The binding can go on no more. */
  readonly failed: (error: Error) => void;
}

/**
 * One push binding: from a PUBLISH to the guest's handler to the acknowledgement (DELIVERY, "The table",
 * "Redelivery"). A message is acknowledged only after its handler succeeded or its dead letter is in the journal.
 */
export class PushDelivery implements SubscriberSink {
  readonly #parts: PushDeliveryParts;
  readonly #subscription: Subscription;
  readonly #lanes: Lanes;
  readonly #running = new RunningIds();
  /** By the event that the guest was handed, for {@link publishFailed}. */
  readonly #byEvent = new WeakMap<PubsubEvent, Arrival>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #subscriber: Subscriber | undefined;
  #protocol: Connected['protocol'] = 5;
  #draining = false;
  #paused = 0;
  #held: Arrival[] = [];
  #toldQos = false;
  #toldFilter = false;

  constructor(parts: PushDeliveryParts) {
    this.#parts = parts;
    this.#subscription = new Subscription(parts.binding, parts.identity, parts.sessions);
    this.#lanes = new Lanes(parts.binding.order);
  }

  /** The session that this binding's messages come from; to be set before the first of them. */
  attach(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  /** A publish of the call that handles `event` failed because its broker was away: that failure is no attempt. */
  publishFailed(event: PubsubEvent, publisher: Pick<Publisher, 'whenOnline'>): void {
    const arrival = this.#byEvent.get(event);
    if (arrival !== undefined) arrival.brokerAway = publisher;
  }

  /** Starts no call any more: what waits stays with the broker, unacknowledged. */
  drain(): void {
    this.#draining = true;
    this.#subscriber?.stopIntake();
    for (const timer of this.#retries) clearTimeout(timer);
    this.#retries.clear();
  }

  connecting(): Promise<void> {
    return this.#subscription.connecting();
  }

  connected(connection: Connected): Promise<SubscriptionChange> {
    this.#protocol = connection.protocol;
    this.#running.connected(connection.sessionPresent);
    return this.#subscription.connected(connection);
  }

  async subscribed(filters: readonly string[], granted: readonly QoS[]): Promise<void> {
    await this.#subscription.subscribed();
    const { binding, telemetry } = this.#parts;
    telemetry.report({ kind: 'subscribed', binding: binding.name, filters, qos: granted[0] ?? binding.qos });
  }

  message(message: IncomingMessage): void {
    if (this.#draining) return;
    if (!this.#parts.binding.filters.some((filter) => matches(filter, message.topic))) {
      this.#dropForeign(message);
      return;
    }
    const replaced = this.#running.adopt(message);
    if (replaced !== undefined) {
      this.#subscriber?.acknowledge(replaced);
      return;
    }
    this.#noteLowerQos(message);
    const { event } = decodeEvent(message, this.#protocol, randomUUID);
    const arrival: Arrival = { message, event, attempts: 0, arrivedAt: Date.now(), brokerAway: undefined };
    this.#running.add(arrival);
    this.#byEvent.set(event, arrival);
    if (this.#parts.telemetry.wants('trace')) {
      this.#parts.telemetry.report({ kind: 'received', ...this.#place(arrival), qos: message.qos });
    }
    if (this.#lanes.enter(arrival)) this.#submit(arrival);
  }

  repeats(message: IncomingMessage): boolean {
    return this.#running.repeats(message);
  }

  released(packetId: number, epoch: number): void {
    this.#subscriber?.complete(packetId, epoch);
  }

  disconnected(): void {}

  failed(error: Error): void {
    this.#parts.failed(error);
  }

  #submit(arrival: Arrival): void {
    if (!this.#draining) this.#parts.dispatcher.submit(() => this.#attempt(arrival));
  }

  async #attempt(arrival: Arrival): Promise<void> {
    if (this.#paused > 0) {
      // Its publishes would wait for the same broker, and hold a place that other bindings could use.
      this.#held.push(arrival);
      return;
    }
    const { binding, pool, telemetry } = this.#parts;
    const attempt = arrival.attempts + 1;
    const started = performance.now();
    arrival.brokerAway = undefined;
    const outcome: GuestOutcome = await pool.call({
      binding: binding.name,
      handler: binding.onMessage,
      event: arrival.event,
      delivery: deliveryInfo(arrival.message, attempt, arrival.event),
      timeout: binding.timeout,
    });
    const { brokerAway, message } = arrival;
    if (outcome.kind === 'ok' && telemetry.wants('debug')) {
      const milliseconds = performance.now() - started;
      telemetry.report({ kind: 'handled', binding: binding.name, topic: message.topic, attempt, milliseconds });
    }
    await this.#carryOut(
      arrival,
      decide({ outcome, qos: message.qos, attempt, retry: binding.retry, brokerAway: brokerAway !== undefined }),
    );
  }

  async #carryOut(arrival: Arrival, decision: Decision): Promise<void> {
    switch (decision.do) {
      case 'acknowledge':
        return this.#settle(arrival);
      case 'give-up':
        this.#parts.telemetry.report({ kind: 'lost-attempt', ...this.#place(arrival), error: decision.error });
        return this.#settle(arrival);
      case 'dead-letter':
        return this.#deadLetter(arrival, decision.error);
      case 'retry':
        return this.#retry(arrival, decision.error, decision.delay);
      case 'repeat':
        return this.#submit(arrival);
      case 'wait-for-brokers':
        void this.#waitForBrokers(arrival, decision.error);
        return;
      case 'leave':
        return;
    }
  }

  #settle(arrival: Arrival): void {
    this.#running.remove(arrival);
    this.#subscriber?.acknowledge(arrival.message);
    const next = this.#lanes.leave(arrival);
    if (next !== undefined) this.#submit(next);
  }

  async #deadLetter(arrival: Arrival, error: string): Promise<void> {
    const { binding, deadLetters, telemetry } = this.#parts;
    const { message, event, arrivedAt } = arrival;
    const attempts = arrival.attempts + 1;
    const { topic, qos, properties } = message;
    const letter = { binding: binding.name, topic, qos, event, properties, error, attempts };
    try {
      await deadLetters.add({ ...letter, firstAt: arrivedAt, deadAt: Date.now() });
    } catch (cause) {
      // The journal reports its own failure, which stops the host; unacknowledged, the message stays with the broker.
      const text = `message on "${topic}" stays unacknowledged: ${messageOf(cause)}`;
      telemetry.report({ kind: 'notice', level: 'error', binding: binding.name, text });
      return;
    }
    telemetry.report({ kind: 'dead-letter', ...this.#place(arrival), attempts, error });
    this.#settle(arrival);
  }

  #retry(arrival: Arrival, error: string, delay: number): void {
    arrival.attempts++;
    const { binding, telemetry } = this.#parts;
    const [attempt, of] = [arrival.attempts, binding.retry.attempts];
    telemetry.report({ kind: 'failed-attempt', ...this.#place(arrival), attempt, of, error, retryIn: delay });
    if (this.#draining) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      this.#submit(arrival);
    }, delay);
    this.#retries.add(timer);
  }

  async #waitForBrokers(arrival: Arrival, error: string): Promise<void> {
    const { binding, telemetry } = this.#parts;
    if (this.#paused++ === 0) {
      this.#subscriber?.pause();
      const text = `intake pauses until the broker to publish to is back: ${error}`;
      telemetry.report({ kind: 'notice', level: 'warn', binding: binding.name, text });
    }
    await arrival.brokerAway?.whenOnline();
    this.#held.unshift(arrival);
    if (--this.#paused > 0) return;
    for (const held of this.#held.splice(0)) this.#submit(held);
    this.#subscriber?.resume();
  }

  #place(arrival: Arrival): { readonly binding: string; readonly topic: string } {
    return { binding: this.#parts.binding.name, topic: arrival.message.topic };
  }

  #dropForeign(message: IncomingMessage): void {
    const { binding, telemetry } = this.#parts;
    this.#subscriber?.acknowledge(message);
    telemetry.report({ kind: 'dropped', binding: binding.name, reason: 'no-filter', count: 1 });
    if (this.#toldFilter) return;
    this.#toldFilter = true;
    const text = `"${message.topic}" matches none of the binding's filters: acknowledged and dropped, said once`;
    telemetry.report({ kind: 'notice', level: 'warn', binding: binding.name, text });
  }

  #noteLowerQos(message: IncomingMessage): void {
    const { binding, telemetry } = this.#parts;
    if (this.#toldQos || message.qos >= binding.qos) return;
    this.#toldQos = true;
    const text =
      `a message on "${message.topic}" arrived at qos ${message.qos}, below the binding's ${binding.qos}: its producer ` +
      `published it so, and qos ${message.qos} is all that can be promised for it (said once)`;
    telemetry.report({ kind: 'notice', level: 'warn', binding: binding.name, text });
  }
}
