import type { AedesPublishPacket, Client } from 'aedes';
import { matches } from '../../topics.ts';
import type { QoS } from '../../types.ts';

/** A message that a persistent session has not acknowledged. */
export interface QueuedMessage {
  readonly packet: AedesPublishPacket;
  qos: QoS;
  /** Its packet identifier, once it was sent. */
  messageId: number | undefined;
  /** PUBREC came: from now on only PUBREL is sent [MQTT-4.3.3-1]. */
  released: boolean;
  /** Nothing will send it but the session's next connection, or the end of the present one's start. */
  stranded: boolean;
}

export function lowerQoS(a: QoS, b: QoS): QoS {
  return a < b ? a : b;
}

const LAST_ID = 65_535;

/** One client's session: its subscriptions, what it has not acknowledged, and what it has half published. */
export class Session {
  readonly id: string;
  /** Outlives its connection: CONNECT with clean session 0. */
  readonly persistent: boolean;
  /** Granted QoS by filter, shared subscriptions included. */
  readonly subscriptions = new Map<string, QoS>();
  /** Packet identifiers of QoS 2 messages that came and were not released [MQTT-4.3.3-2]. */
  readonly incoming = new Set<number>();
  client: Client | undefined;
  readonly #queue = new Map<number, QueuedMessage>();
  readonly #inFlight = new Map<number, number>();
  #bytes = 0;

  constructor(id: string, persistent: boolean) {
    this.id = id;
    this.persistent = persistent;
  }

  /** Messages that are not acknowledged. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Bytes of their payloads. */
  get queuedBytes(): number {
    return this.#bytes;
  }

  /** The highest QoS granted on a plain filter that matches, 0 where none does. */
  granted(topic: string): QoS {
    let highest: QoS = 0;
    for (const [filter, qos] of this.subscriptions) if (qos > highest && matches(filter, topic)) highest = qos;
    return highest;
  }

  /** Queues a message under its `brokerCounter`, which no other message of this broker has. */
  enqueue(packet: AedesPublishPacket, qos: QoS, stranded: boolean): void {
    this.#queue.set(packet.brokerCounter, { packet, qos, messageId: undefined, released: false, stranded });
    this.#bytes += packet.payload.length;
  }

  find(counter: number): QueuedMessage | undefined {
    return this.#queue.get(counter);
  }

  /** What a new connection has to send, oldest first; includes messages that are queued meanwhile. */
  outgoing(): IterableIterator<QueuedMessage> {
    return this.#queue.values();
  }

  /** Marks a message as sent: under its old identifier, or else under `proposed` or the next one that is free. */
  send(message: QueuedMessage, proposed: number): number {
    if (message.messageId === undefined) {
      message.messageId = this.freeId(proposed);
      this.#inFlight.set(message.messageId, message.packet.brokerCounter);
    }
    return message.messageId;
  }

  /** The first identifier from `proposed` on that no unacknowledged message bears. */
  freeId(proposed: number): number {
    let id = proposed;
    while (this.#inFlight.has(id)) id = id === LAST_ID ? 1 : id + 1;
    return id;
  }

  /** PUBREC. */
  release(messageId: number): void {
    const message = this.#sent(messageId);
    if (message !== undefined) message.released = true;
  }

  /** PUBACK or PUBCOMP: returns the message that this ends. */
  acknowledge(messageId: number): QueuedMessage | undefined {
    const message = this.#sent(messageId);
    if (message !== undefined) this.remove(message);
    return message;
  }

  remove(message: QueuedMessage): void {
    if (!this.#queue.delete(message.packet.brokerCounter)) return;
    this.#bytes -= message.packet.payload.length;
    if (message.messageId !== undefined) this.#inFlight.delete(message.messageId);
  }

  #sent(messageId: number): QueuedMessage | undefined {
    const counter = this.#inFlight.get(messageId);
    return counter === undefined ? undefined : this.#queue.get(counter);
  }
}
