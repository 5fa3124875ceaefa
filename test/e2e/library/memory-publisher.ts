import {
  encodeOutgoing,
  type OutboxRow,
  type OutgoingEvent,
  type OutgoingMessage,
  type Publisher,
  type PublisherOptions,
  type PublisherSink,
  type PubsubError,
  type Result,
} from 'wasi-pubsub-host';
import type { MemoryBroker } from './memory-broker.ts';

/** Carries content types and user properties, as MQTT 5 does. */
const PROTOCOL = 5;
const DONE = { ok: true, value: undefined } as const;
const OFFLINE = { ok: false, error: { tag: 'connection', val: 'there is no session' } } as const;

/** One publishing session. What is published has arrived: there is nothing to wait for. */
export class MemoryPublisher implements Publisher {
  readonly protocol = PROTOCOL;
  readonly #broker: MemoryBroker;
  readonly #options: PublisherOptions;
  readonly #sink: PublisherSink;
  readonly #online = Promise.withResolvers<void>();
  readonly #sent = new WeakSet<OutboxRow>();
  readonly #ending = new Set<Promise<void>>();
  #closed = false;
  online = false;

  constructor(broker: MemoryBroker, options: PublisherOptions, sink: PublisherSink) {
    this.#broker = broker;
    this.#options = options;
    this.#sink = sink;
    options.outbox.onReady((rows) => this.#send(rows));
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const { outbox, clientId, connection } = this.#options;
    const [address] = connection.addresses;
    await outbox.connecting();
    if (this.#closed || address === undefined) return;
    const { present } = this.#broker.session(clientId, false);
    await outbox.connected(present);
    if (this.#closed) return;
    this.online = true;
    this.#sink.connected({ epoch: 1, sessionPresent: present, protocol: PROTOCOL, address });
    // What an earlier process has left behind goes first.
    this.#send(outbox.ready());
    this.#online.resolve();
  }

  #send(rows: readonly OutboxRow[]): void {
    if (!this.online) return;
    for (const row of rows) {
      if (this.#sent.has(row)) continue;
      this.#sent.add(row);
      const event = this.#options.outbox.load(row);
      if (event !== undefined) this.#end(this.#sendRow(row, encodeOutgoing(event, PROTOCOL)));
    }
  }

  #sendRow(row: OutboxRow, encoded: Result<OutgoingMessage, PubsubError>): Promise<void> {
    const { outbox } = this.#options;
    if (!encoded.ok) return outbox.refuse(row, encoded.error.tag === 'timeout' ? 'timeout' : encoded.error.val);
    this.#publish(encoded.value);
    return outbox.delete(row);
  }

  #end(ending: Promise<void>): void {
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  #publish({ topic, payload, ...settings }: OutgoingMessage): void {
    this.#broker.publish(topic, payload, settings);
  }

  whenOnline(): Promise<void> {
    return this.#online.promise;
  }

  check(event: OutgoingEvent): PubsubError | undefined {
    const encoded = encodeOutgoing(event, PROTOCOL);
    return encoded.ok ? undefined : encoded.error;
  }

  async publish(event: OutgoingEvent, timeout: number): Promise<Result<void, PubsubError>> {
    const encoded = encodeOutgoing(event, PROTOCOL);
    if (!encoded.ok) return encoded;
    if (!this.#closed && !this.online) await this.#within(timeout, this.#online.promise);
    if (!this.online) return OFFLINE;
    this.#publish(encoded.value);
    return DONE;
  }

  async close(timeout: number): Promise<void> {
    if (!this.#closed) await this.#within(timeout, this.#online.promise);
    this.#closed = true;
    await this.#within(timeout, Promise.all(this.#ending));
    this.online = false;
    this.#online.resolve();
  }

  async #within(timeout: number, promise: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeout);
    await Promise.race([promise, late.promise]);
    clearTimeout(timer);
  }
}
