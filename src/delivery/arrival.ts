import type { Publisher } from '../broker.ts';
import { deliveryInfo } from '../events/index.ts';
import type { DeliveryInfo } from '../guest.ts';
import type { ArrivalId, Failures, Spill, Spilled } from '../journal.ts';
import type { CountedId, IncomingMessage, PubsubEvent } from '../types.ts';
import type { Attempt } from './attempt.ts';
import { digestOf } from './digest.ts';
import { wallClock } from './turn-clock.ts';

/** What the guest is told of a message beside its event. */
export type Content = Pick<IncomingMessage, 'topic' | 'qos' | 'retained' | 'dup' | 'properties' | 'payload'>;

/** A message on its way through the guest: from its arrival, or from the journal, to its settlement, retries included. */
export class Arrival {
  readonly content: Content;
  /** Decoded once, so that a raw message keeps its id over all attempts. */
  readonly event: PubsubEvent;
  readonly raw: boolean;
  /** The event's id, where it was counted. */
  readonly counted: CountedId | undefined;
  /** The newest PUBLISH of it, which is owed an acknowledgement: an adopted repeat takes the place of the first. */
  held: IncomingMessage | undefined;
  /** Earlier ones under its packet id and on its connection, which are owed one with it. Hardly ever any. */
  #earlier: IncomingMessage[] | undefined;
  /** Its packet id still names it: the session was not lost, and no other message has come under the id. */
  identified: boolean;
  /** Its row, once it was spilled. */
  row: number | undefined;
  /** The commit that spills it, while that is under way. */
  spilling: Promise<void> | undefined;
  /** Its result is being committed: it must not be taken into the journal any more. */
  settling = false;
  /** The commit of a failed attempt is under way: the journal does not know of it yet. */
  remembering = false;
  /** The guest was handed it before, in an attempt that did not count. */
  repeated = false;
  /** Failed attempts so far. */
  attempts = 0;
  firstAt: number;
  /** When the guest got it last, as `performance.now` counts. */
  handedAt = 0;
  /** Its attempt, which was started before its turn. */
  started: Attempt<Arrival> | undefined;
  /** Its place among those that may publish. */
  publishingAt: number | undefined;
  /** The broker that was away when a publish of the running attempt failed. */
  brokerAway: Pick<Publisher, 'whenOnline'> | undefined;
  /** How often a publish of it was sent, and its broker went away instead of answering. */
  unanswered = 0;
  #digest: string | undefined;

  constructor(content: Content, event: PubsubEvent, raw: boolean, firstAt: number, counted?: CountedId) {
    this.content = content;
    this.event = event;
    this.raw = raw;
    this.counted = counted;
    this.firstAt = firstAt;
    this.identified = false;
  }

  static ofMessage(message: IncomingMessage, event: PubsubEvent, raw: boolean, counted?: CountedId): Arrival {
    const arrival = new Arrival(message, event, raw, wallClock.now(), counted);
    arrival.held = message;
    arrival.identified = message.qos > 0;
    return arrival;
  }

  static ofSpilled(spilled: Spilled): Arrival {
    const { row, topic, qos, retained, redelivered, raw, event, properties, attempts, firstAt } = spilled;
    const content = { topic, qos, retained, dup: redelivered, properties, payload: event.data };
    const arrival = new Arrival(content, event, raw, firstAt);
    arrival.row = row;
    arrival.attempts = attempts;
    return arrival;
  }

  /** What the guest is told with its next attempt. */
  get delivery(): DeliveryInfo {
    return this.deliveryAfter(this.attempts, this.repeated);
  }

  /** What it was told with the attempt that came after so many failures. */
  deliveryAfter(failures: number, repeated: boolean): DeliveryInfo {
    const { content, event } = this;
    return deliveryInfo(repeated ? { ...content, dup: true } : content, failures + 1, event);
  }

  get topic(): string {
    return this.content.topic;
  }

  /** What a marker or attempts are kept under; undefined where there is nothing to keep them under. */
  get id(): ArrivalId | undefined {
    if (!this.identified || this.held === undefined) return undefined;
    this.#digest ??= digestOf(this.held);
    return { packetId: this.held.packetId, digest: this.#digest };
  }

  /**
   * A PUBLISH under its packet id takes the place of the one that holds it. Returns those whose connection is gone: they
   * only take up room. One on the same connection (which MQTT 3.1.1 does not forbid) must not be acknowledged before.
   */
  hold(message: IncomingMessage): readonly IncomingMessage[] {
    const replaced = this.surrender();
    this.held = message;
    if (replaced[0]?.epoch !== message.epoch) return replaced;
    this.#earlier = replaced;
    return [];
  }

  /** Gives up what it is held by, in order of arrival, to be acknowledged. */
  surrender(): IncomingMessage[] {
    const given: IncomingMessage[] = [];
    this.surrenderTo((message) => given.push(message));
    return given;
  }

  /** The same, one by one. */
  surrenderTo(take: (message: IncomingMessage) => void): void {
    const { held } = this;
    const earlier = this.#earlier;
    this.held = undefined;
    this.#earlier = undefined;
    if (earlier !== undefined) for (const message of earlier) take(message);
    if (held !== undefined) take(held);
  }

  /** Another message has come under its packet id: on one connection its acknowledgement would be taken for that one's. */
  yieldTo(taker: Arrival): void {
    this.identified = false;
    if (this.held === undefined || this.held.epoch !== taker.held?.epoch) return;
    taker.#earlier = this.surrender();
  }

  inherit({ attempts, firstAt }: Failures): void {
    this.attempts = attempts;
    this.firstAt = firstAt;
  }

  /** As the journal keeps it once it has left the window. `contentType` is that of its data. */
  toSpill(contentType: string | undefined): Spill {
    const { content, event, raw, attempts, firstAt } = this;
    const { topic, qos, retained } = content;
    const redelivered = content.dup || this.repeated;
    const properties = { ...content.properties, contentType };
    const whole = { topic, qos, retained, redelivered, raw, event, properties };
    return { id: this.id, marker: qos === 2, ...whole, attempts, firstAt };
  }
}
