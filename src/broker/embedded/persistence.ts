import { Readable } from 'node:stream';
import type { AedesPublishPacket, Client, Subscription } from 'aedes';
import type { RetainedMessages } from './retained.ts';
import { lowerQoS, type QueuedMessage, type Session } from './session.ts';
import { QUEUED, QUEUED_FOR_ONE, type Sessions } from './sessions.ts';

type ClientId = Pick<Client, 'id'>;
type Identified = { readonly cmd: string; messageId?: number | undefined };

/**
 * A subscription that every resumed session is said to have, and that nothing can be published to: aedes answers
 * "session present" only where there is a subscription, and a publisher's session has none [MQTT-3.2.2-2].
 */
export const SESSION_MARKER = '$session';

/**
 * What aedes calls its persistence, on {@link Sessions} and {@link RetainedMessages}: in memory, bounded, with packet
 * identifiers that are unique among the unacknowledged messages of a session [MQTT-2.3.1-4] and DUP set on what is sent
 * again [MQTT-3.3.1-1].
 */
export class Persistence {
  readonly #sessions: Sessions;
  readonly #retained: RetainedMessages;
  readonly #log: (text: string) => void;
  #full = false;

  constructor(sessions: Sessions, retained: RetainedMessages, log: (text: string) => void) {
    this.#sessions = sessions;
    this.#retained = retained;
    this.#log = log;
  }

  async setup(): Promise<void> {}

  async storeRetained(packet: AedesPublishPacket): Promise<void> {
    if (this.#retained.store(packet) || this.#full) return;
    this.#full = true;
    this.#log(
      `the broker holds as many retained messages as it can: "${packet.topic}" and other new ones are not kept`,
    );
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained.match(filters));
  }

  async subscriptionsByClient({ id }: ClientId): Promise<Subscription[]> {
    const session = this.#sessions.resumable(id);
    if (session === undefined) return [];
    const subscriptions = [...session.subscriptions].map(([topic, qos]) => ({ topic, qos }));
    return [{ topic: SESSION_MARKER, qos: 0 }, ...subscriptions];
  }

  /** The subscriptions are known since they were authorised. */
  async addSubscriptions(): Promise<void> {}

  async removeSubscriptions({ id }: ClientId, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(id);
    if (session !== undefined) for (const filter of filters) this.#sessions.unsubscribe(session, filter);
  }

  /** The session that a clean CONNECT replaces is ended when its client is attached. */
  async cleanSubscriptions(): Promise<void> {}

  /** aedes hands the result to {@link outgoingEnqueueCombi}, after a look at `topic`. */
  async subscriptionsByTopic(topic: string): Promise<{ topic: string; session: Session }[]> {
    return this.#sessions.subscribers(topic).map((session) => ({ topic, session }));
  }

  async outgoingEnqueueCombi(
    subscribers: readonly { readonly session: Session }[],
    packet: AedesPublishPacket,
  ): Promise<void> {
    Object.assign(packet, this.#sessions.nextNumber(QUEUED));
    for (const { session } of subscribers) {
      this.#sessions.enqueue(session, packet, lowerQoS(packet.qos, session.granted(packet.topic)), false);
    }
  }

  /** A message that is published to one client alone, which sends it next. */
  async outgoingEnqueue({ clientId }: { readonly clientId: string }, packet: AedesPublishPacket): Promise<void> {
    Object.assign(packet, this.#sessions.nextNumber(QUEUED_FOR_ONE));
    const session = this.#sessions.get(clientId);
    if (session !== undefined) this.#sessions.enqueue(session, packet, packet.qos, false);
  }

  /** A message is about to be sent, or PUBREC came. Gives the message the identifier that it is sent under. */
  async outgoingUpdate({ id }: ClientId, packet: Identified | (Identified & AedesPublishPacket)): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined || packet.messageId === undefined) return;
    if (packet.cmd === 'pubrel') {
      session.release(packet.messageId);
      return;
    }
    const publish = packet as AedesPublishPacket;
    const message = session.find(publish.brokerCounter);
    if (message === undefined) packet.messageId = session.freeId(packet.messageId);
    else if (publish.qos === 0) session.remove(message);
    else packet.messageId = session.send(message, packet.messageId);
  }

  async outgoingClearMessageId({ id }: ClientId, { messageId }: Identified): Promise<AedesPublishPacket | undefined> {
    if (messageId === undefined) return undefined;
    return this.#sessions.get(id)?.acknowledge(messageId)?.packet;
  }

  outgoingStream({ id }: ClientId): Readable {
    const session = this.#sessions.get(id);
    return Readable.from(session === undefined ? [] : resend(session.outgoing()));
  }

  /** aedes calls this for a PUBLISH that it publishes at once; what counts is that the identifier is taken. */
  async incomingStorePacket({ id }: ClientId, { messageId }: Identified): Promise<void> {
    if (messageId !== undefined) this.#sessions.get(id)?.incoming.add(messageId);
  }

  async incomingGetPacket({ id }: ClientId, packet: Identified): Promise<Identified> {
    if (packet.messageId !== undefined && this.#sessions.get(id)?.incoming.has(packet.messageId)) return packet;
    throw new Error('no such packet');
  }

  async incomingDelPacket({ id }: ClientId, { messageId }: Identified): Promise<void> {
    if (messageId !== undefined) this.#sessions.get(id)?.incoming.delete(messageId);
  }

  /** The identifiers are the session's, and end with it. */
  async cleanIncoming(): Promise<void> {}

  /** A will is published from the connection that brought it; these would serve a cluster of brokers. */
  async putWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  streamWill(): Readable {
    return Readable.from([]);
  }
}

function* resend(messages: Iterable<QueuedMessage>): Generator<object> {
  for (const { packet, qos, messageId, released } of messages) {
    const { topic, payload, brokerId, brokerCounter } = packet;
    if (released) yield { cmd: 'pubrel', messageId, brokerId, brokerCounter };
    else
      yield {
        cmd: 'publish',
        topic,
        payload,
        qos,
        retain: false,
        dup: messageId !== undefined,
        messageId,
        brokerId,
        brokerCounter,
      };
  }
}
