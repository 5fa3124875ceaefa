import { failpoint } from '#failpoint';
import type { Connected, Publisher, Subscriber, SubscriberSink, SubscriptionChange } from '../broker.ts';
import { decodeEvent, freshId } from '../events/index.ts';
import type { Failures, Sessions } from '../journal.ts';
import { matcher } from '../topics.ts';
import type { IncomingMessage, PubsubEvent, QoS } from '../types.ts';
import { Arrival } from './arrival.ts';
import { digestOf } from './digest.ts';
import { FreeLanes } from './free-lanes.ts';
import { GuardedLanes } from './guarded-lanes.ts';
import { Handling, type HandlingParts } from './handling.ts';
import { Holds } from './holds.ts';
import type { LaneOptions, Lanes } from './lanes.ts';
import { Leaving } from './leaving.ts';
import { PushNotices } from './notices.ts';
import { Relief } from './relief.ts';
import { RunningIds } from './running.ts';
import { type SessionIdentity, Subscription } from './subscription.ts';
import { TopicLanes } from './topic-lanes.ts';

export interface ReceptionParts extends HandlingParts {
  readonly identity: SessionIdentity;
  readonly sessions: Sessions;
  /** The binding can go on no more. */
  readonly failed: (error: Error) => void;
}

/**
 * Spilled messages that are under way at once. One that waits for its next attempt is, so a small window must not make
 * this small: another topic would wait for it.
 */
const MAX_SPILLED = 256;

/**
 * One subscribed binding: from a PUBLISH to the guest to the acknowledgement (DELIVERY, "In", "Redelivery"). A message
 * is acknowledged only after the guest succeeded with it, or once it is in the journal.
 */
export class Reception implements SubscriberSink {
  readonly #parts: ReceptionParts;
  readonly #matches: (topic: string) => boolean;
  readonly #subscription: Subscription;
  readonly #handling: Handling;
  readonly #lanes: Lanes;
  readonly #running = new RunningIds();
  readonly #acknowledgeOne = (message: IncomingMessage) => this.#subscriber?.acknowledge(message);
  readonly #holds = new Holds(() => this.#subscriber);
  readonly #notices: PushNotices;
  readonly #leaving = new Leaving();
  readonly #relief: Relief;
  #subscriber: Subscriber | undefined;
  /** Counts CONNECTs. */
  #connections = 0;
  #protocol: Connected['protocol'] = 5;
  #resumed = false;
  #subscribed = false;
  #draining = false;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    const { binding, identity, sessions, inbox, telemetry } = parts;
    this.#matches = matcher(binding.filters);
    this.#subscription = new Subscription(binding, identity, sessions);
    this.#notices = new PushNotices(binding, telemetry);
    this.#handling = new Handling(parts, {
      decided: (arrival) => this.#lanes.leave(arrival),
      settled: (arrival) => this.#settled(arrival),
      retrying: (arrival) => this.#retrying(arrival),
      behind: (arrival, count, from) => this.#lanes.behind(arrival, count, from),
      pause: () => this.#holds.add('broker'),
      resume: () => this.#holds.remove('broker'),
    });
    const hooks: LaneOptions['hooks'] = {
      run: (arrival) => this.#handling.run(arrival),
      drop: (arrival) => this.#handling.drop(arrival),
    };
    const options = { store: inbox, hooks, limit: MAX_SPILLED, maxBytes: binding.maxBytesInFlight };
    const lanes = binding.order === 'topic' ? new TopicLanes(options) : new FreeLanes(options);
    this.#lanes = new GuardedLanes(lanes, () => this.#handling.stop());
    const [isCrowded, spilled] = [() => this.#subscriber?.crowded === true, this.#spilled.bind(this)];
    this.#relief = new Relief({ lanes, inbox, isCrowded, spilled });
    inbox.onReplayed(() => this.#lanes.replayed());
    parts.attempts.connect?.({
      unasked: (arrival) => this.#retrying(arrival),
      wanted: (filter) => this.#lanes.wanted(filter),
    });
  }

  /** Starts with the session that this binding's messages come from, and with what the journal holds of them. */
  start(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
    this.#holds.apply();
    this.#lanes.replayed();
  }

  /** The session is up and carries its filters. */
  get isSubscribed(): boolean {
    return this.#subscribed && this.#subscriber?.online === true;
  }

  /** Messages that are in the journal, not handled yet. */
  get spilledCount(): number {
    return this.#parts.inbox.spilledCount;
  }

  publishFailed(event: PubsubEvent, publisher: Pick<Publisher, 'whenOnline'>, sent = false): void {
    this.#handling.publishFailed(event, publisher, sent);
  }

  /** Holds intake back while `held`; what is in the window goes on. */
  hold(held: boolean): void {
    if (held) this.#holds.add('journal');
    else this.#holds.remove('journal');
  }

  /**
   * `on_stop = "leave"`: unsubscribes and handles what the broker had queued, until `deadline` (milliseconds as
   * `performance.now` counts). True where nothing is left at the broker (DELIVERY, "Stopping").
   */
  async leave(deadline: number): Promise<boolean> {
    const subscriber = this.#subscriber;
    if (subscriber === undefined) return false;
    return this.#leaving.run(subscriber, this.#subscription, () => this.#isIdle, deadline);
  }

  /** Starts no call any more: what waits stays with the broker, unacknowledged. */
  drain(): void {
    this.#draining = true;
    this.#subscriber?.stopIntake();
    this.#handling.stop();
    this.#relief.stop();
  }

  async connecting(): Promise<void> {
    this.#connections++;
    await this.#subscription.connecting();
    failpoint('connect.doubted');
  }

  async connected(connection: Connected): Promise<SubscriptionChange> {
    const { inbox } = this.#parts;
    const attempt = this.#connections;
    await inbox.quiet();
    this.#protocol = connection.protocol;
    this.#resumed = connection.sessionPresent;
    if (!connection.sessionPresent) {
      this.#running.clear();
      inbox.lost();
    }
    // Lost meanwhile: the doubt that the next connection starts in is not this one's to clear.
    if (attempt !== this.#connections) return { unsubscribe: [], subscribe: [] };
    const change = await this.#subscription.connected(connection);
    failpoint('connect.cleared');
    this.#subscribed = change.subscribe.length === 0;
    return change;
  }

  async subscribed(filters: readonly string[], granted: readonly QoS[]): Promise<void> {
    await this.#subscription.subscribed();
    this.#subscribed = true;
    const { binding, telemetry } = this.#parts;
    telemetry.report({ kind: 'subscribed', binding: binding.name, filters, qos: granted[0] ?? binding.qos });
  }

  message(message: IncomingMessage): void {
    if (this.#draining) return;
    this.#leaving.arrived();
    const { binding, telemetry } = this.#parts;
    if (!this.#matches(message.topic)) {
      this.#dropForeign(message);
      return;
    }
    const again = this.#again(message);
    if (again && (this.#adopt(message) || this.#isMarked(message))) return;
    if (message.qos < binding.qos) this.#notices.lowerQos(message);
    const { event, raw, counted } = decodeEvent(message, this.#protocol, freshId);
    const arrival = Arrival.ofMessage(message, event, raw, counted);
    if (message.qos > 0) this.#identify(arrival, again);
    if (telemetry.wants('trace'))
      telemetry.report({ kind: 'received', binding: binding.name, topic: message.topic, qos: message.qos });
    this.#lanes.enter(arrival);
    this.#relief.relieve();
  }

  repeats(message: IncomingMessage): boolean {
    if (!this.#again(message)) return false;
    const running = this.#running.repeated(message);
    return running === undefined ? this.#marked(message) : running.held?.epoch !== message.epoch;
  }

  released(packetId: number, epoch: number): void {
    failpoint('in.released');
    this.#parts.inbox.released(packetId).then(
      (known) => {
        failpoint('in.unmarked');
        this.#subscriber?.complete(packetId, epoch, known);
      },
      () => {
        // The journal reports its own failure; without PUBCOMP the broker asks again.
      },
    );
  }

  disconnected(): void {
    this.#subscribed = false;
    this.#leaving.wake();
  }

  failed(error: Error): void {
    this.#parts.failed(error);
  }

  /** Only then may a message be one that came before (DELIVERY, rule 2). */
  #again(message: IncomingMessage): boolean {
    return this.#resumed && message.dup && message.qos > 0;
  }

  #adopt(message: IncomingMessage): boolean {
    const running = this.#running.repeated(message);
    if (running === undefined) return false;
    // This only makes room in the window.
    this.#acknowledge(running.hold(message));
    this.#notices.repeat(message, 'running');
    return true;
  }

  #isMarked(message: IncomingMessage): boolean {
    if (!this.#marked(message)) return false;
    this.#notices.repeat(message, 'marker');
    this.#acknowledge([message]);
    return true;
  }

  #marked(message: IncomingMessage): boolean {
    if (message.qos !== 2) return false;
    return this.#parts.inbox.isMarked({ packetId: message.packetId, digest: digestOf(message) });
  }

  /** The message has its packet id from now on; one that is sent again has its failed attempts, too. */
  #identify(arrival: Arrival, again: boolean): void {
    const { inbox } = this.#parts;
    const taken = this.#running.add(arrival);
    const { id } = again ? arrival : { id: undefined };
    const failures: Failures | undefined = id === undefined ? undefined : inbox.failures(id);
    if (failures !== undefined && !taken) arrival.inherit(failures);
    else inbox.taken(arrival.held?.packetId ?? 0);
  }

  #settled(arrival: Arrival): void {
    this.#running.remove(arrival);
    arrival.surrenderTo(this.#acknowledgeOne);
    if (this.#isIdle) this.#leaving.wake();
    this.#lanes.leave(arrival);
    this.#parts.attempts.moved?.();
    this.#relief.relieve();
  }

  #retrying(arrival: Arrival): void {
    this.#lanes.retrying(arrival);
    this.#relief.relieve();
  }

  /** An old subscription's: it has its packet id, too. */
  #dropForeign(message: IncomingMessage): void {
    if (message.qos > 0) {
      this.#running.take(message.packetId);
      this.#parts.inbox.taken(message.packetId);
    }
    this.#acknowledge([message]);
    this.#notices.foreign(message);
  }

  /** Nothing is left of what came in. */
  get #isIdle(): boolean {
    return this.#subscriber?.inFlight.messages === 0 && this.spilledCount === 0;
  }

  #acknowledge(messages: readonly IncomingMessage[]): void {
    for (const message of messages) this.#subscriber?.acknowledge(message);
    if (this.#isIdle) this.#leaving.wake();
  }

  #spilled(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      this.#running.remove(arrival);
      arrival.identified = false;
    }
    this.#lanes.spilled(arrivals);
    for (const arrival of arrivals) this.#acknowledge(arrival.surrender());
    this.#notices.spilled(arrivals);
  }
}
