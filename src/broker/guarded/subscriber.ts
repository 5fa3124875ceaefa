import type {
  Connected,
  Driver,
  Subscriber,
  SubscriberOptions,
  SubscriberSink,
  SubscriptionChange,
} from '../../broker.ts';
import { HostError, messageOf } from '../../errors.ts';
import type { HostStatus } from '../../status.ts';
import type { IncomingMessage, QoS } from '../../types.ts';
import { connectionFault } from './connection.ts';
import { Contract, GRACE } from './contract.ts';
import { HandedOver, messageFault } from './incoming.ts';

/** `ready`: the host is ready for a connection; `up`: it has said what to subscribe to. */
type Phase = 'down' | 'connecting' | 'ready' | 'connected' | 'up';

const NOTHING = { messages: 0, bytes: 0 };

/** A driver's subscriber, watched; and the sink that the driver has. */
export class GuardedSubscriber implements Subscriber {
  readonly #options: SubscriberOptions;
  readonly #sink: SubscriberSink;
  readonly #report: (status: HostStatus) => void;
  readonly #contract: Contract;
  readonly #place: string;
  readonly #handedOver = new HandedOver();
  readonly #inner: Subscriber | undefined;
  #phase: Phase = 'down';
  #epoch = 0;
  #stopped = false;
  #closing: Promise<void> | undefined;

  constructor(driver: Driver, options: SubscriberOptions, sink: SubscriberSink, report: (status: HostStatus) => void) {
    this.#options = options;
    this.#sink = sink;
    this.#report = report;
    this.#place = `pubsub.${driver.name}: binding ${options.binding}`;
    this.#contract = new Contract(this.#place, (error) => sink.failed(error));
    this.#inner = this.#contract.call(
      'openSubscriber()',
      () => driver.openSubscriber(options, this.#driverSink()),
      undefined,
    );
    if (this.#inner === undefined) this.#contract.broken('openSubscriber() returned nothing');
  }

  get online(): boolean {
    return !this.#contract.over && this.#phase === 'up' && this.#ask('online', (inner) => inner.online, false) === true;
  }

  get inFlight(): { readonly messages: number; readonly bytes: number } {
    return this.#ask('inFlight', (inner) => inner.inFlight, NOTHING);
  }

  get crowded(): boolean {
    return this.#ask('crowded', (inner) => inner.crowded, false) === true;
  }

  acknowledge(message: IncomingMessage): void {
    this.#handedOver.remove(message);
    this.#ask('acknowledge()', (inner) => inner.acknowledge(message), undefined);
  }

  complete(packetId: number, epoch: number, known: boolean): void {
    this.#ask('complete()', (inner) => inner.complete(packetId, epoch, known), undefined);
  }

  async sync(): Promise<boolean> {
    const inner = this.#inner;
    if (inner === undefined || this.#contract.over) return false;
    try {
      return (await Promise.race([inner.sync(), this.#contract.ended])) === true;
    } catch (thrown) {
      this.#contract.broken(`sync() rejected: ${messageOf(thrown)}`, thrown);
      return false;
    }
  }

  pause(): void {
    this.#ask('pause()', (inner) => inner.pause(), undefined);
  }

  resume(): void {
    this.#ask('resume()', (inner) => inner.resume(), undefined);
  }

  stopIntake(): void {
    this.#stopped = true;
    this.#ask('stopIntake()', (inner) => inner.stopIntake(), undefined);
  }

  /** May reject, as where the session is not up. */
  async unsubscribe(filters: readonly string[]): Promise<void> {
    await this.#inner?.unsubscribe(filters);
  }

  /** Also closes a session that has failed, so that the driver can free what it has. The first call counts. */
  close(options: { readonly endSession: boolean; readonly timeout: number }): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: { readonly endSession: boolean; readonly timeout: number }): Promise<void> {
    const inner = this.#inner;
    const close = async () => inner?.close(options);
    await this.#contract.within('close()', options.timeout + GRACE, close, undefined);
    this.#contract.end();
  }

  #ask<T>(name: string, ask: (inner: Subscriber) => T, otherwise: T): T {
    const inner = this.#inner;
    return inner === undefined ? otherwise : this.#contract.call(name, () => ask(inner), otherwise);
  }

  #driverSink(): SubscriberSink {
    return {
      connecting: () => this.#connecting(),
      connected: (connection) => this.#connected(connection),
      subscribed: (filters, granted) => this.#subscribed(filters, granted),
      message: (message) => this.#message(message),
      repeats: (message) => !this.#contract.over && this.#sink.repeats(message),
      released: (packetId, epoch) => this.#released(packetId, epoch),
      disconnected: (reason) => this.#disconnected(reason),
      failed: (error) => this.#contract.fail(error),
    };
  }

  async #connecting(): Promise<void> {
    const isUp = this.#phase === 'connected' || this.#phase === 'up';
    const fault = () => (isUp ? 'disconnected() was not called for the connection before' : undefined);
    if (!this.#contract.accepts('connecting()', fault)) return new Promise(() => {});
    this.#phase = 'connecting';
    await this.#contract.relay(this.#sink.connecting());
    if (this.#phase === 'connecting') this.#phase = 'ready';
  }

  async #connected(connection: Connected): Promise<SubscriptionChange> {
    const fault = () =>
      this.#phase === 'ready' ? connectionFault(connection, this.#epoch) : 'connecting() had not resolved';
    if (!this.#contract.accepts('connected()', fault)) return new Promise(() => {});
    const { epoch, protocol, sessionPresent: resumed, address } = connection;
    this.#phase = 'connected';
    this.#epoch = epoch;
    const { binding, clientId } = this.#options;
    const broker = address.display;
    this.#report({ kind: 'connected', binding, role: 'subscriber', broker, protocol, resumed, clientId });
    const change = await this.#contract.relay(this.#sink.connected(connection));
    if (this.#phase === 'connected' && this.#epoch === epoch) this.#phase = 'up';
    return change;
  }

  async #subscribed(filters: readonly string[], granted: readonly QoS[]): Promise<void> {
    const { qos, binding } = this.#options;
    const fault = () => {
      if (this.#phase !== 'up') return 'connected() had not resolved';
      return granted.length === filters.length ? undefined : `${filters.length} filters, ${granted.length} granted qos`;
    };
    if (!this.#contract.accepts('subscribed()', fault)) return new Promise(() => {});
    const lower = granted.findIndex((each) => !(each >= qos));
    if (lower >= 0) {
      const text = `binding ${binding}: the driver granted qos ${String(granted[lower])} for "${filters[lower]}", where qos = ${qos} was asked for`;
      this.#contract.fail(new HostError('ERR_BROKER_GRANT', text));
    }
    await this.#contract.relay(this.#contract.over ? Promise.resolve() : this.#sink.subscribed(filters, granted));
  }

  #message(message: IncomingMessage): void {
    if (this.#contract.over || this.#stopped) return;
    if (!this.#contract.accepts('message()', () => this.#fault(message))) return;
    this.#handedOver.add(message);
    this.#sink.message(message);
  }

  #fault(message: IncomingMessage): string | undefined {
    const { qos, maxInFlight } = this.#options;
    if (this.#phase !== 'up') return 'connected() had not resolved';
    if (message.epoch !== this.#epoch) return `its epoch is ${String(message.epoch)}, the connection's ${this.#epoch}`;
    if (this.#handedOver.hasId(message)) return `its packetId ${message.packetId} is not acknowledged yet`;
    if (this.#handedOver.size >= maxInFlight && !this.#sink.repeats(message))
      return `maxInFlight (${maxInFlight}) messages are not acknowledged yet`;
    return messageFault(message, qos);
  }

  #released(packetId: number, epoch: number): void {
    if (this.#contract.over || epoch !== this.#epoch) return;
    const fault = () => (this.#phase === 'up' ? undefined : 'connected() had not resolved');
    if (this.#contract.accepts('released()', fault)) this.#sink.released(packetId, epoch);
  }

  #disconnected(reason: string): void {
    if (this.#contract.over || this.#phase === 'down') return;
    this.#phase = 'down';
    this.#handedOver.clear();
    const { binding, connection } = this.#options;
    const broker = connection.addresses.map(({ display }) => display).join(' ');
    this.#report({ kind: 'disconnected', binding, role: 'subscriber', broker, reason });
    this.#sink.disconnected(reason);
  }
}
