import type { AedesPublishPacket, Client } from 'aedes';
import type { QoS } from '../../types.ts';
import { lowerQoS, type QueuedMessage, type Session } from './session.ts';
import { QUEUED_FOR_ONE, type Sessions } from './sessions.ts';

/** The `brokerId` of what is sent to one client and not queued: aedes compares numbers under one `brokerId` only. */
const SENT_TO_ONE = 'sent-to-one';

/**
 * aedes is about to send `packet` to `client`: returns it with the QoS that was granted [MQTT-3.8.4-8], or null. While a
 * connection starts aedes sends what the session holds; a live message would come before CONNACK, or a second time, and
 * so waits for {@link sendStranded}.
 */
export function forward(sessions: Sessions, client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
  const session = sessions.get(client.id);
  if (session === undefined) return null;
  if (packet.messageId !== undefined) return packet;
  if (packet.brokerId !== SENT_TO_ONE && packet.brokerId !== QUEUED_FOR_ONE)
    packet.qos = lowerQoS(packet.qos, session.granted(packet.topic));
  if (packet.retain || !session.persistent) return packet;
  if (packet.qos === 0) return client.connected ? packet : null;
  const message = session.find(packet.brokerCounter);
  if (message === undefined || message.messageId !== undefined) return null;
  message.stranded = !client.connected;
  return client.connected ? packet : null;
}

/** A connection has started: sends what came meanwhile and was not among what the session held. */
export function sendStranded(session: Session, client: Client): void {
  const unsent = ({ stranded, messageId }: QueuedMessage) => stranded && messageId === undefined;
  for (const message of [...session.outgoing()].filter(unsent)) {
    const { topic, payload } = message.packet;
    session.remove(message);
    client.publish({ cmd: 'publish', topic, payload, qos: message.qos, retain: false, dup: false }, () => {});
  }
}

/** Whether a message can go to this session alone: sent now, or queued where it is persistent and the QoS above 0. */
export function canTake(sessions: Sessions, session: Session, qos: QoS): boolean {
  if (!session.persistent) return session.client !== undefined;
  return qos === 0 ? session.client?.connected === true : sessions.hasRoom(session);
}

/** Sends a message to this session alone, or queues it. */
export function sendToOne(
  sessions: Sessions,
  session: Session,
  { topic, payload }: AedesPublishPacket,
  qos: QoS,
  done: () => void,
): void {
  const packet: AedesPublishPacket = {
    cmd: 'publish',
    topic,
    payload,
    qos,
    retain: false,
    dup: false,
    ...sessions.nextNumber(SENT_TO_ONE),
  };
  const { client } = session;
  if (client !== undefined && (client.connected || !session.persistent)) {
    client.publish(packet, () => done());
    return;
  }
  sessions.enqueue(session, packet, qos, true);
  done();
}
