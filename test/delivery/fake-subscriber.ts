import { AckOrder } from '../../src/broker/mqtt/subscriber/ack-order.ts';
import { Intake } from '../../src/broker/mqtt/subscriber/intake.ts';
import { Window } from '../../src/broker/mqtt/subscriber/window.ts';
import type { Subscriber, SubscriberSink, SubscriptionChange } from '../../src/broker.ts';
import type { IncomingMessage } from '../../src/types.ts';
import { connection } from './fixtures.ts';

/** A packet that the host sent. */
export interface Sent {
  readonly cmd: 'puback' | 'pubrec' | 'pubcomp' | 'subscribe' | 'unsubscribe';
  readonly packetId: number;
}

/**
 * A session whose packets the test hands in: the driver's own window, gate and order of acknowledgements, without a
 * socket. Acknowledgements go to `sent`, and only those of the connection that is up.
 */
export class FakeSubscriber implements Subscriber {
  readonly sent: Sent[] = [];
  readonly log: string[] = [];
  readonly window: Window;
  online = false;
  epoch = 0;
  change: SubscriptionChange | undefined;
  /** What {@link sync} says. */
  synced: () => Promise<boolean> = async () => this.online;
  onSent: (sent: Sent) => void = () => {};
  /** A message waits for room: nothing more may be read. */
  isHeldBack = false;
  readonly #sink: () => SubscriberSink;
  readonly #intake: Intake;
  #acks = new AckOrder();

  constructor(sink: () => SubscriberSink, maxInFlight = 1000, maxBytes = 67_108_864) {
    this.#sink = sink;
    this.window = new Window(maxInFlight, maxBytes);
    this.#intake = new Intake(this.window, {
      message: (message) => {
        if (message.qos > 0) this.#acks.arrived(message);
        sink().message(message);
      },
      repeats: (message) => sink().repeats(message),
      released: (packetId) => sink().released(packetId, this.epoch),
      dropped: () => {},
    });
  }

  /** CONNACK. */
  async connected(sessionPresent: boolean): Promise<void> {
    const epoch = ++this.epoch;
    this.#acks = new AckOrder();
    const change = await this.#sink().connected(connection(sessionPresent, epoch));
    if (epoch !== this.epoch) return;
    this.change = change;
    this.online = true;
    if (change.subscribe.length > 0) this.#send({ cmd: 'subscribe', packetId: 0 });
    this.#intake.open();
  }

  /** A whole connection, with SUBACK. */
  async connect(sessionPresent: boolean): Promise<void> {
    await this.#sink().connecting();
    await this.connected(sessionPresent);
    if (this.change !== undefined && this.change.subscribe.length > 0) await this.subscribed();
  }

  subscribed(): Promise<void> {
    const filters = this.change?.subscribe ?? [];
    return this.#sink().subscribed(
      filters,
      filters.map(() => 2),
    );
  }

  /** PUBLISH on the connection that is up. */
  receive(message: IncomingMessage): IncomingMessage {
    const received = { ...message, epoch: this.epoch };
    this.isHeldBack = true;
    this.#intake.publish(received, () => {
      this.isHeldBack = false;
    });
    return received;
  }

  /** PUBREL. */
  release(packetId: number): void {
    this.#intake.released(packetId);
  }

  drop(): void {
    this.online = false;
    this.epoch++;
    this.isHeldBack = false;
    this.#intake.reset();
    for (const message of this.#acks.abandoned()) this.window.remove(message);
    this.#sink().disconnected('lost');
  }

  /** As text, for expectations. */
  get acknowledged(): string[] {
    return this.sent.filter(({ cmd }) => cmd !== 'subscribe').map(({ cmd, packetId }) => `${cmd} ${packetId}`);
  }

  get inFlight(): { readonly messages: number; readonly bytes: number } {
    return this.window;
  }

  get crowded(): boolean {
    return this.window.crowded;
  }

  acknowledge(message: IncomingMessage): void {
    if (!this.window.has(message)) return;
    if (message.qos === 0 || message.epoch !== this.epoch) {
      this.window.remove(message);
      this.#intake.room();
      return;
    }
    this.#acks.settle(message);
    for (let due = this.#acks.due(); due !== undefined; due = this.#acks.due()) {
      this.#send({ cmd: due.qos === 2 ? 'pubrec' : 'puback', packetId: due.packetId });
      this.window.remove(due);
    }
    this.#intake.room();
  }

  complete(packetId: number, epoch: number): void {
    if (epoch === this.epoch) this.#send({ cmd: 'pubcomp', packetId });
  }

  sync(): Promise<boolean> {
    return this.synced();
  }

  pause(): void {
    this.log.push('pause');
    this.#intake.pause();
  }

  resume(): void {
    this.log.push('resume');
    this.#intake.resume();
  }

  stopIntake(): void {
    this.log.push('stopIntake');
    this.#intake.stop();
  }

  async unsubscribe(): Promise<void> {
    if (!this.online) throw new Error('offline');
    this.#send({ cmd: 'unsubscribe', packetId: 0 });
  }

  async close(): Promise<void> {}

  #send(sent: Sent): void {
    this.sent.push(sent);
    this.onSent(sent);
  }
}
