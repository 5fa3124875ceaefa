import { matches, type QoS, type WireMessage } from 'wasi-pubsub-host';

/** A message on its way to one session. */
export interface Entry {
  readonly message: WireMessage;
  readonly qos: QoS;
  readonly retained: boolean;
  /** 0 until it is handed over at qos 1. */
  packetId: number;
}

/** What the broker keeps for one client: its filters, and what is not handed over or not acknowledged. */
export class Session {
  readonly filters = new Map<string, QoS>();
  readonly queue: Entry[] = [];
  /** Tells the client that is connected of messages. */
  wake: () => void = () => {};
  /** Tells it that another client has its session now. */
  taken: () => void = () => {};
}

export interface PublishSettings {
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: WireMessage['properties'];
}

/** What one session keeps; a broker has to stop somewhere, and Mosquitto stops at 1,000. */
const MAX_QUEUED = 10_000;
const SHARED = /^\$share\/([^/]+)\/(.+)$/;

/** A broker in memory: sessions, retained messages and shared subscriptions, as long as the process lives. */
export class MemoryBroker {
  readonly #sessions = new Map<string, Session>();
  readonly #retained = new Map<string, WireMessage>();
  #listeners = 0;
  #turn = 0;

  /** The session of a client id, and whether it was there before. */
  session(clientId: string, clean: boolean): { readonly session: Session; readonly present: boolean } {
    const known = this.#sessions.get(clientId);
    known?.taken();
    if (known !== undefined && !clean) return { session: known, present: true };
    const session = new Session();
    this.#sessions.set(clientId, session);
    return { session, present: false };
  }

  end(clientId: string): void {
    this.#sessions.delete(clientId);
  }

  subscribe(session: Session, filter: string, qos: QoS): void {
    session.filters.set(filter, qos);
    // Retained messages come once, with the subscription, and not with a shared one.
    for (const message of this.#retained.values())
      if (matches(filter, message.topic)) this.#hand(session, message, qos, true);
  }

  /** A client without a name, for as long as the process lives. */
  listen(filter: string, listener: (message: WireMessage) => void): void {
    const { session } = this.session(`listener-${this.#listeners++}`, true);
    session.wake = () => {
      for (const { message } of session.queue.splice(0)) listener(message);
    };
    this.subscribe(session, filter, 1);
  }

  publish(topic: string, data: string | Uint8Array, settings: PublishSettings = {}): void {
    const { qos = 1, retain = false, properties = { userProperties: [] } } = settings;
    const payload = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const message = { topic, payload, properties };
    if (retain) this.#retained.set(topic, message);
    if (retain && payload.length === 0) this.#retained.delete(topic);
    const groups = new Map<string, Session[]>();
    for (const session of this.#sessions.values())
      for (const [filter, granted] of session.filters) {
        const [, group, shared = filter] = SHARED.exec(filter) ?? [];
        if (!matches(shared, topic)) continue;
        if (group === undefined) this.#hand(session, message, Math.min(qos, granted) as QoS, false);
        else groups.set(filter, [...(groups.get(filter) ?? []), session]);
      }
    for (const [filter, members] of groups) {
      const member = members[this.#turn++ % members.length];
      if (member !== undefined)
        this.#hand(member, message, Math.min(qos, member.filters.get(filter) ?? 0) as QoS, false);
    }
  }

  #hand(session: Session, message: WireMessage, qos: QoS, retained: boolean): void {
    if (session.queue.length >= MAX_QUEUED) return;
    session.queue.push({ message, qos, retained, packetId: 0 });
    session.wake();
  }
}
