import type { IncomingMessage, MessageProperties, QoS } from '../../../types.ts';
import { messageBytes } from './packets.ts';

/**
 * A message as it was read. It bears the marks of the {@link MarkedMessages} that it is in: a `Set` that messages go into
 * and out of leaves tables behind which hold each of them until the next full collection, and was half of the cost of a
 * message.
 */
export class Received implements IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties: MessageProperties;
  readonly qos: QoS;
  readonly retained: boolean;
  readonly dup: boolean;
  readonly packetId: number;
  readonly epoch: number;
  /** How many of its user properties are not kept. */
  readonly leftOut: number;
  /** As {@link messageBytes} counts. */
  readonly bytes: number;
  #marks = 0;

  constructor({ topic, payload, properties, qos, retained, dup, packetId, epoch }: IncomingMessage, leftOut = 0) {
    this.topic = topic;
    this.payload = payload;
    this.properties = properties;
    this.qos = qos;
    this.retained = retained;
    this.dup = dup;
    this.packetId = packetId;
    this.epoch = epoch;
    this.leftOut = leftOut;
    this.bytes = messageBytes(this);
  }

  static isOne(message: IncomingMessage): message is Received {
    return #marks in message;
  }

  has(mark: number): boolean {
    return (this.#marks & mark) !== 0;
  }

  /** False where it is so already. */
  set(mark: number, on: boolean): boolean {
    if (this.has(mark) === on) return false;
    this.#marks ^= mark;
    return true;
  }
}

/** What a message occupies: one that was read here has been counted. */
export function bytesOf(message: IncomingMessage): number {
  return Received.isOne(message) ? message.bytes : messageBytes(message);
}

/** A set of messages, of which each can be in one of that `mark` (a power of two) only. */
export class MarkedMessages {
  readonly #mark: number;
  /** Those that were not read by this driver. */
  readonly #others = new Set<IncomingMessage>();

  constructor(mark: number) {
    this.#mark = mark;
  }

  has(message: IncomingMessage): boolean {
    return Received.isOne(message) ? message.has(this.#mark) : this.#others.has(message);
  }

  add(message: IncomingMessage): void {
    if (Received.isOne(message)) message.set(this.#mark, true);
    else this.#others.add(message);
  }

  /** False where it was not in it. */
  delete(message: IncomingMessage): boolean {
    return Received.isOne(message) ? message.set(this.#mark, false) : this.#others.delete(message);
  }
}
