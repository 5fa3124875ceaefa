import type { AedesPublishPacket, Client } from 'aedes';
import type { QoS } from '../../types.ts';
import { FilterIndex } from './filter-index.ts';
import type { Limits } from './limits.ts';
import { Session } from './session.ts';
import { isShared, type SharedSubscriptions } from './shared-subscriptions.ts';

/** The `brokerId` of queued messages, and of those that are for one client alone. */
export const QUEUED = 'queued';
export const QUEUED_FOR_ONE = 'queued-for-one';

/**
 * Every client's session, in memory. Messages are numbered when they are queued, in one sequence: that is the order in
 * which aedes then sends them, and it drops as a copy what comes with a lower number than an earlier one.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  /** Of the plain filters of persistent sessions. */
  readonly #subscribers = new FilterIndex<Session>();
  readonly #shared: SharedSubscriptions;
  readonly #limits: Limits;
  readonly #log: (text: string) => void;
  readonly #full = new WeakSet<Session>();
  #numbered = 0;

  constructor(shared: SharedSubscriptions, limits: Limits, log: (text: string) => void) {
    this.#shared = shared;
    this.#limits = limits;
    this.#log = log;
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  /** The session that a CONNECT without clean session resumes [MQTT-3.1.2-4]. */
  resumable(clientId: string): Session | undefined {
    const session = this.#sessions.get(clientId);
    return session?.persistent ? session : undefined;
  }

  /** A client has connected: its session is resumed, or begun after the old one's end [MQTT-3.1.2-6]. */
  attach(client: Client): Session {
    const present = this.#sessions.get(client.id);
    const resumed = present?.persistent && !client.clean ? present : undefined;
    if (present !== undefined && resumed === undefined) this.#end(present);
    const session = resumed ?? new Session(client.id, !client.clean);
    session.client = client;
    // Last in the map: the first offline one is the one that was used longest ago.
    this.#sessions.delete(client.id);
    this.#sessions.set(client.id, session);
    if (this.#sessions.size > this.#limits.sessions) this.#evict();
    return session;
  }

  /** A client has gone. Nothing happens when another connection has its session by now. */
  detach(client: Client): void {
    const session = this.#sessions.get(client.id);
    if (session?.client !== client) return;
    session.client = undefined;
    if (!session.persistent) this.#end(session);
  }

  subscribe(session: Session, filter: string, qos: QoS): void {
    session.subscriptions.set(filter, qos);
    if (isShared(filter)) this.#shared.join(session, filter, qos);
    else if (session.persistent) this.#subscribers.add(filter, session);
  }

  unsubscribe(session: Session, filter: string): void {
    if (!session.subscriptions.delete(filter)) return;
    if (isShared(filter)) this.#shared.leave(session, filter);
    else this.#subscribers.remove(filter, session);
  }

  /** The persistent sessions that a QoS 1 or 2 message on this topic is queued for, online or not. */
  subscribers(topic: string): Session[] {
    return [...new Set(this.#subscribers.match(topic))].filter((session) => session.granted(topic) > 0);
  }

  /** What identifies one message, in all of its deliveries. */
  nextNumber(brokerId: string): Pick<AedesPublishPacket, 'brokerId' | 'brokerCounter'> {
    return { brokerId, brokerCounter: ++this.#numbered };
  }

  /** Queues a numbered message; `stranded` when nothing is about to send it. Drops it when the session is full. */
  enqueue(session: Session, packet: AedesPublishPacket, qos: QoS, stranded: boolean): void {
    if (this.hasRoom(session)) {
      session.enqueue(packet, qos, stranded);
      return;
    }
    if (this.#full.has(session)) return;
    this.#full.add(session);
    this.#log(`the session of client "${session.id}" holds ${session.queued} messages: new ones for it are dropped`);
  }

  hasRoom(session: Session): boolean {
    return session.queued < this.#limits.queued && session.queuedBytes < this.#limits.queuedBytes;
  }

  #end(session: Session): void {
    for (const filter of [...session.subscriptions.keys()]) this.unsubscribe(session, filter);
    this.#sessions.delete(session.id);
  }

  #evict(): void {
    for (const session of this.#sessions.values()) {
      if (session.client !== undefined) continue;
      this.#log(`the session of client "${session.id}" is ended: there are more than ${this.#limits.sessions}`);
      this.#end(session);
      return;
    }
  }
}
