import type { Connected, Driver, Publisher, PublisherOptions, PublisherSink } from '../../broker.ts';
import type { OutgoingEvent } from '../../journal.ts';
import type { HostStatus } from '../../status.ts';
import type { MqttVersion, PubsubError, Result } from '../../types.ts';
import { connectionFault } from './connection.ts';
import { Contract, GRACE } from './contract.ts';
import { GuardedOutbox } from './outbox.ts';

type Verdict = Result<void, PubsubError>;

function refused(tag: 'connection' | 'other', val: string): Verdict {
  return { ok: false, error: { tag, val } };
}

/** A driver's publisher, watched; and the sink and the outbox that the driver has. */
export class GuardedPublisher implements Publisher {
  readonly #options: PublisherOptions;
  readonly #name: string;
  readonly #brokers: string;
  readonly #sink: PublisherSink;
  readonly #report: (status: HostStatus) => void;
  readonly #contract: Contract;
  readonly #outbox: GuardedOutbox;
  readonly #inner: Publisher | undefined;
  #epoch = 0;
  #up = false;
  #closing: Promise<void> | undefined;

  constructor(driver: Driver, options: PublisherOptions, sink: PublisherSink, report: (status: HostStatus) => void) {
    this.#options = options;
    this.#name = options.binding ?? options.clientId;
    this.#brokers = options.connection.addresses.map(({ display }) => display).join(' ');
    this.#sink = sink;
    this.#report = report;
    const place = `pubsub.${driver.name}: publisher of binding ${this.#name}`;
    this.#contract = new Contract(place, (error) => sink.failed(error));
    this.#outbox = new GuardedOutbox(options.outbox, this.#contract, {
      lost: (lost) => report({ kind: 'session-lost', binding: this.#name, broker: this.#brokers, ...lost }),
      died: (letter) => report({ kind: 'publish-dead-letter', binding: this.#name, ...letter }),
    });
    const open = () => driver.openPublisher({ ...options, outbox: this.#outbox }, this.#driverSink());
    this.#inner = this.#contract.call('openPublisher()', open, undefined);
    if (this.#inner === undefined) this.#contract.broken('openPublisher() returned nothing');
  }

  get online(): boolean {
    return this.#up && !this.#contract.over && this.#ask('online', (inner) => inner.online, false) === true;
  }

  get protocol(): MqttVersion | undefined {
    return this.#ask('protocol', (inner) => inner.protocol, undefined);
  }

  /** Also resolves once the session has failed, so that nobody waits for ever. */
  async whenOnline(): Promise<void> {
    const online = this.#ask('whenOnline()', (inner) => inner.whenOnline(), undefined);
    const settled = online?.catch((thrown: unknown) => this.#contract.broken('whenOnline() rejected', thrown));
    await Promise.race([settled, this.#contract.ended]);
  }

  check(event: OutgoingEvent): PubsubError | undefined {
    return this.#ask('check()', (inner) => inner.check(event), undefined);
  }

  async publish(event: OutgoingEvent, timeout: number): Promise<Verdict> {
    const inner = this.#inner;
    if (inner === undefined || this.#contract.over) return refused('connection', 'the session has failed');
    const none = refused('other', 'the driver gave no verdict');
    const verdict = await this.#contract.within(
      'publish()',
      timeout + GRACE,
      () => inner.publish(event, timeout),
      none,
    );
    if (verdict?.ok === true || (verdict?.ok === false && typeof verdict.error?.tag === 'string')) return verdict;
    this.#contract.broken('publish() resolved with neither { ok: true } nor { ok: false, error }');
    return none;
  }

  /** The first call counts. */
  close(timeout: number): Promise<void> {
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  async #close(timeout: number): Promise<void> {
    const inner = this.#inner;
    await this.#contract.within('close()', timeout + GRACE, async () => inner?.close(timeout), undefined);
    this.#contract.end();
  }

  #ask<T>(name: string, ask: (inner: Publisher) => T, otherwise: T): T {
    const inner = this.#inner;
    return inner === undefined ? otherwise : this.#contract.call(name, () => ask(inner), otherwise);
  }

  #driverSink(): PublisherSink {
    return {
      connected: (connection) => this.#connected(connection),
      disconnected: (reason) => this.#disconnected(reason),
      failed: (error) => this.#contract.fail(error),
    };
  }

  #connected(connection: Connected): void {
    if (this.#contract.over) return;
    const fault = () =>
      this.#outbox.isTold ? connectionFault(connection, this.#epoch) : 'outbox.connected() had not resolved';
    if (!this.#contract.accepts('connected()', fault)) return;
    const { epoch, protocol, sessionPresent: resumed, address } = connection;
    this.#epoch = epoch;
    this.#up = true;
    const { clientId } = this.#options;
    const [binding, broker] = [this.#name, address.display];
    this.#report({ kind: 'connected', binding, role: 'publisher', broker, protocol, resumed, clientId });
    this.#sink.connected(connection);
  }

  #disconnected(reason: string): void {
    if (this.#contract.over) return;
    this.#up = false;
    this.#outbox.disconnected();
    this.#report({ kind: 'disconnected', binding: this.#name, role: 'publisher', broker: this.#brokers, reason });
    this.#sink.disconnected(reason);
  }
}
