import type { IncomingMessage, Subscriber, SubscriberOptions, SubscriberSink } from 'wasi-pubsub-host';
import type { Entry, MemoryBroker, Session } from './memory-broker.ts';

const NO_SESSION = 'there is no session';

/** One subscription's session. It connects once: nothing comes between a client and a broker in the same memory. */
export class MemorySubscriber implements Subscriber {
  readonly #broker: MemoryBroker;
  readonly #options: SubscriberOptions;
  readonly #sink: SubscriberSink;
  /** Handed over and not acknowledged, in order. */
  readonly #held = new Map<IncomingMessage, Entry>();
  readonly #synced: ((complete: boolean) => void)[] = [];
  #session: Session | undefined;
  #bytes = 0;
  #lastId = 0;
  #paused = false;
  #stopped = false;
  #closed = false;
  #handing = false;
  online = false;

  constructor(broker: MemoryBroker, options: SubscriberOptions, sink: SubscriberSink) {
    this.#broker = broker;
    this.#options = options;
    this.#sink = sink;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const { clientId, sessionExpiry, connection, qos } = this.#options;
    const [address] = connection.addresses;
    await this.#sink.connecting();
    if (this.#closed || address === undefined) return;
    const { session, present } = this.#broker.session(clientId, sessionExpiry === 0);
    this.#session = session;
    session.wake = () => this.#hand();
    session.taken = () => this.#taken();
    const { subscribe, unsubscribe } = await this.#sink.connected({
      epoch: 1,
      sessionPresent: present,
      // It carries content types and user properties, as MQTT 5 does.
      protocol: 5,
      address,
    });
    if (this.#session === undefined) return;
    this.online = true;
    for (const filter of unsubscribe) session.filters.delete(filter);
    for (const filter of subscribe) this.#broker.subscribe(session, filter, qos);
    if (subscribe.length + unsubscribe.length > 0)
      await this.#sink.subscribed(
        subscribe,
        subscribe.map(() => qos),
      );
    this.#hand();
  }

  /** Hands over what waits, as far as the window takes it. */
  #hand(): void {
    const queue = this.#session?.queue ?? [];
    if (!this.online || this.#handing) return;
    this.#handing = true;
    for (let entry = queue[0]; entry !== undefined && this.#hasRoom(entry); entry = queue[0]) {
      queue.shift();
      const dup = entry.packetId > 0;
      if (entry.qos > 0 && !dup) entry.packetId = this.#freeId();
      const { message, qos, retained, packetId } = entry;
      const incoming: IncomingMessage = { ...message, qos, retained, dup, packetId, epoch: 1 };
      this.#held.set(incoming, entry);
      this.#bytes += message.payload.length;
      this.#sink.message(incoming);
    }
    this.#handing = false;
    if (queue.length === 0) for (const synced of this.#synced.splice(0)) synced(true);
  }

  #hasRoom({ message }: Entry): boolean {
    const { maxInFlight, maxBytesInFlight } = this.#options;
    if (!this.online || this.#paused || this.#stopped || this.#held.size >= maxInFlight) return false;
    return this.#held.size === 0 || this.#bytes + message.payload.length <= maxBytesInFlight;
  }

  #freeId(): number {
    const taken = new Set([...this.#held.values(), ...(this.#session?.queue ?? [])].map(({ packetId }) => packetId));
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (taken.has(this.#lastId));
    return this.#lastId;
  }

  acknowledge(message: IncomingMessage): void {
    if (!this.#held.delete(message)) return;
    this.#bytes -= message.payload.length;
    this.#hand();
  }

  /** Only at qos 2, which this driver does not take. */
  complete(): void {}

  get inFlight(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#held.size, bytes: this.#bytes };
  }

  get crowded(): boolean {
    return this.#held.size * 2 >= this.#options.maxInFlight || this.#bytes * 2 >= this.#options.maxBytesInFlight;
  }

  sync(): Promise<boolean> {
    if (!this.online) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#synced.push(resolve);
      this.#hand();
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#hand();
  }

  stopIntake(): void {
    this.#stopped = true;
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    if (this.#session === undefined) throw new Error(NO_SESSION);
    for (const filter of filters) this.#session.filters.delete(filter);
  }

  async close({ endSession }: { readonly endSession: boolean }): Promise<void> {
    this.#closed = true;
    if (this.#session === undefined) return;
    if (endSession || this.#options.sessionExpiry === 0) this.#broker.end(this.#options.clientId);
    this.#leave();
  }

  /** What is not acknowledged comes again, before the rest, to whoever resumes the session; not at qos 0. */
  #leave(): void {
    const session = this.#session;
    this.online = false;
    this.#session = undefined;
    if (session === undefined) return;
    session.wake = () => {};
    session.taken = () => {};
    session.queue.unshift(...[...this.#held.values()].filter(({ qos }) => qos > 0));
    this.#held.clear();
    this.#bytes = 0;
    for (const synced of this.#synced.splice(0)) synced(false);
  }

  #taken(): void {
    this.#leave();
    this.#sink.failed(new Error(`another client took over the session "${this.#options.clientId}"`));
  }
}
