import type { Packet } from 'mqtt';
import { failpoint } from '#failpoint';
import type { Subscriber, SubscriberOptions, SubscriberSink } from '../../../broker.ts';
import { HostError } from '../../../errors.ts';
import type { IncomingMessage, QoS } from '../../../types.ts';
import { sessionExpirySeconds } from '../connection/client-options.ts';
import { type Accepted, Connector, type Surroundings } from '../connection/connector.ts';
import { deniedByConnack, deniedBySuback, reducedByConnack } from '../connection/grants.ts';
import type { Link } from '../connection/link.ts';
import { Notices } from '../connection/notices.ts';
import { MOST_USER_PROPERTIES } from '../wire/read-publish.ts';
import { reasonText } from '../wire/reasons.ts';
import { Received } from '../wire/received.ts';
import { AckOrder } from './ack-order.ts';
import { Intake } from './intake.ts';
import { Requests, Unanswered } from './requests.ts';
import { Window } from './window.ts';

/** PUBCOMP's reason for an id that is not known [MQTT 5, 3.7.2.1]. */
const PACKET_ID_NOT_FOUND = 0x92;

/** What belongs to one connection and dies with it. */
interface Current {
  readonly link: Link;
  readonly epoch: number;
  readonly acks: AckOrder;
  readonly requests: Requests;
}

/** One subscription's MQTT session on mqtt.js; see {@link Subscriber}. */
export class MqttSubscriber implements Subscriber {
  readonly #options: SubscriberOptions;
  readonly #sink: SubscriberSink;
  readonly #connector: Connector;
  readonly #window: Window;
  readonly #intake: Intake;
  readonly #notices: Notices;
  #current: Current | undefined;
  #epoch = 0;
  #online = false;

  constructor(options: SubscriberOptions, sink: SubscriberSink, around: Surroundings) {
    this.#options = options;
    this.#sink = sink;
    this.#notices = new Notices(options.binding, around.report);
    this.#window = new Window(options.maxInFlight, options.maxBytesInFlight);
    this.#intake = new Intake(this.#window, {
      message: (message) => this.#handOver(message),
      repeats: (message) => sink.repeats(message),
      released: (packetId) => sink.released(packetId, this.#epoch),
      dropped: (count) => around.report({ kind: 'dropped', binding: options.binding, reason: 'window-full', count }),
    });
    this.#connector = new Connector(
      {
        ...options,
        role: 'subscriber',
        // Relabelled messages never reach the place where mqtt.js enforces it, so it may be the window itself.
        receiveMaximum: options.maxInFlight,
      },
      {
        connecting: () => sink.connecting(),
        accepted: (accepted) => this.#accepted(accepted),
        drops: () => this.#intake.drops(),
        publish: (message, done) => this.#intake.publish(message, done),
        packet: (packet) => this.#packet(packet),
        down: () => this.#down(),
        disconnected: (reason) => sink.disconnected(reason),
        blameless: () => (this.#current?.requests.size ?? 0) === 0,
        failed: (error) => this.#failed(error),
      },
      around,
    );
  }

  start(): void {
    this.#connector.start();
  }

  get online(): boolean {
    return this.#online;
  }

  get inFlight(): { readonly messages: number; readonly bytes: number } {
    return this.#window;
  }

  get crowded(): boolean {
    return this.#window.crowded;
  }

  acknowledge(message: IncomingMessage): void {
    if (!this.#window.has(message)) return;
    const current = this.#current;
    if (message.qos === 0 || current?.epoch !== message.epoch) {
      this.#window.remove(message);
      this.#intake.room();
      return;
    }
    current.acks.settle(message);
    let written = false;
    for (let due = current.acks.due(); due !== undefined; due = current.acks.due()) {
      current.link.answer(due.qos === 2 ? 'pubrec' : 'puback', due.packetId);
      failpoint('in.acknowledged');
      this.#window.remove(due);
      written = true;
    }
    if (written) this.#intake.room();
  }

  complete(packetId: number, epoch: number, known: boolean): void {
    const current = this.#current;
    if (current?.epoch !== epoch) return;
    current.link.answer('pubcomp', packetId, known ? 0 : PACKET_ID_NOT_FOUND);
    failpoint('in.completed');
  }

  /**
   * Packets are taken in one at a time, so the PINGRESP is not looked at while the gate holds a PUBLISH that came before
   * it: its answer means that everything before it was handed over.
   */
  sync(): Promise<boolean> {
    const link = this.#online ? this.#current?.link : undefined;
    if (link === undefined) return Promise.resolve(false);
    return new Promise((resolve) => link.ping(resolve));
  }

  pause(): void {
    this.#intake.pause();
  }

  resume(): void {
    this.#intake.resume();
  }

  stopIntake(): void {
    this.#intake.stop();
  }

  /** Rejects with {@link Unanswered} while offline, with ERR_BROKER_GRANT when the broker refuses. */
  async unsubscribe(filters: readonly string[]): Promise<void> {
    const current = this.#current;
    if (current === undefined || !this.#online) throw new Unanswered('cannot unsubscribe while offline');
    const codes = await current.requests.unsubscribe(filters);
    this.#checkUnsuback(filters, codes);
  }

  async close({ endSession, timeout }: { readonly endSession: boolean; readonly timeout: number }): Promise<void> {
    this.#intake.stop();
    await this.#connector.stop(timeout, endSession);
    this.#intake.close();
  }

  #handOver(message: IncomingMessage): void {
    if (Received.isOne(message) && message.leftOut > 0)
      this.#notices.warn(`a message has more than ${MOST_USER_PROPERTIES} user properties: the first so many are kept`);
    if (message.qos > 0) this.#current?.acks.arrived(message);
    this.#sink.message(message);
  }

  #packet(packet: Packet): void {
    if (packet.cmd === 'pubrel') this.#intake.released(packet.messageId ?? 0);
    else if (packet.cmd === 'suback' || packet.cmd === 'unsuback') this.#current?.requests.answered(packet);
  }

  async #accepted({ link, connack, protocol, address }: Accepted): Promise<void> {
    const { qos, sessionExpiry } = this.#options;
    const epoch = ++this.#epoch;
    link.epoch = epoch;
    const current = { link, epoch, acks: new AckOrder(), requests: new Requests(link) };
    this.#current = current;
    const granted = connack.properties ?? {};
    for (const text of reducedByConnack(granted, sessionExpirySeconds(sessionExpiry), false))
      this.#notices.warn(`broker ${address.display}: ${text}`);
    const { sessionPresent } = connack;
    const change = await this.#sink.connected({ epoch, sessionPresent, protocol, address });
    if (!link.open) return;
    const denied = deniedByConnack(granted, change.subscribe, qos);
    if (denied !== undefined) throw this.#error(denied, address.display);
    this.#online = true;
    const { unsubscribe, subscribe } = change;
    const changed = this.#change(current, unsubscribe, subscribe, address.display);
    this.#intake.open();
    await changed;
  }

  async #change(
    { link, requests }: Current,
    unsubscribe: readonly string[],
    subscribe: readonly string[],
    broker: string,
  ): Promise<void> {
    if (unsubscribe.length === 0 && subscribe.length === 0) return;
    const { qos } = this.#options;
    try {
      const [gone, codes] = await Promise.all([
        unsubscribe.length === 0 ? [] : requests.unsubscribe(unsubscribe),
        subscribe.length === 0 ? [] : requests.subscribe(subscribe, qos),
      ]);
      this.#checkUnsuback(unsubscribe, gone);
      const denied = deniedBySuback(subscribe, qos, codes, link.request.protocol);
      if (denied !== undefined) throw this.#error(denied, broker);
      await this.#sink.subscribed(subscribe, codes as QoS[]);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
  }

  #checkUnsuback(filters: readonly string[], codes: readonly number[]): void {
    const refused = codes.findIndex((code) => code >= 0x80);
    if (refused === -1) return;
    throw this.#error(`the broker refused to unsubscribe "${filters[refused]}": ${reasonText(codes[refused] ?? 0)}`);
  }

  #error(text: string, broker = this.#options.connection.addresses.map(({ display }) => display).join(' ')): HostError {
    return new HostError('ERR_BROKER_GRANT', `binding ${this.#options.binding}: broker ${broker}: ${text}`);
  }

  #down(): void {
    this.#online = false;
    this.#intake.reset();
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    current.requests.fail();
    for (const message of current.acks.abandoned()) this.#window.remove(message);
  }

  #failed(error: Error): void {
    this.#down();
    this.#intake.close();
    this.#sink.failed(error);
  }
}
