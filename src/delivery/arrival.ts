import type { IncomingMessage, Publisher, PubsubEvent } from '../types.ts';

/** A message on its way through the guest: from its arrival to its acknowledgement, retries included. */
export interface Arrival {
  /** The newest PUBLISH of it: an adopted repeat takes the place of the first. */
  message: IncomingMessage;
  /** Decoded once, so that a raw message keeps its id over all attempts. */
  readonly event: PubsubEvent;
  /** Failed attempts so far. */
  attempts: number;
  readonly arrivedAt: number;
  /** The broker that was away when a publish of the running attempt failed. */
  brokerAway: Pick<Publisher, 'whenOnline'> | undefined;
}

function samePairs(a: readonly (readonly [string, string])[], b: readonly (readonly [string, string])[]): boolean {
  return a.length === b.length && a.every(([key, value], index) => b[index]?.[0] === key && b[index]?.[1] === value);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Equal in topic, payload and every property that does not change when a broker sends a message again (DELIVERY, rule 2). */
function sameMessage(a: IncomingMessage, b: IncomingMessage): boolean {
  const [left, right] = [a.properties, b.properties];
  return (
    a.topic === b.topic &&
    a.qos === b.qos &&
    a.retained === b.retained &&
    left.contentType === right.contentType &&
    left.responseTopic === right.responseTopic &&
    sameBytes(left.correlationData, right.correlationData) &&
    samePairs(left.userProperties, right.userProperties) &&
    sameBytes(a.payload, b.payload)
  );
}

/**
 * The calls that run under a packet id. A PUBLISH repeats one only if the session was resumed, DUP is set, and id and
 * content are equal: brokers reuse packet ids, so the id alone says nothing (DELIVERY, rule 2).
 */
export class RunningIds {
  readonly #byId = new Map<number, Arrival>();
  #resumed = false;

  connected(sessionPresent: boolean): void {
    this.#resumed = sessionPresent;
    if (!sessionPresent) this.#byId.clear();
  }

  /**
   * Where `message` repeats a running arrival, that takes over its acknowledgement. Returns the PUBLISH that it
   * replaces, which can be acknowledged no more but still holds its place in the window.
   */
  adopt(message: IncomingMessage): IncomingMessage | undefined {
    const running = this.#repeated(message);
    if (running === undefined) return undefined;
    const replaced = running.message;
    running.message = message;
    return replaced;
  }

  /** Whether {@link adopt} would adopt it. */
  repeats(message: IncomingMessage): boolean {
    return this.#repeated(message) !== undefined;
  }

  #repeated(message: IncomingMessage): Arrival | undefined {
    if (!this.#resumed || !message.dup || message.qos === 0) return undefined;
    const running = this.#byId.get(message.packetId);
    return running !== undefined && sameMessage(running.message, message) ? running : undefined;
  }

  add(arrival: Arrival): void {
    if (arrival.message.qos > 0) this.#byId.set(arrival.message.packetId, arrival);
  }

  remove(arrival: Arrival): void {
    const id = arrival.message.packetId;
    if (this.#byId.get(id) === arrival) this.#byId.delete(id);
  }
}
