import type { IncomingMessage } from '../types.ts';
import type { Arrival, Content } from './arrival.ts';

function samePairs(a: readonly (readonly [string, string])[], b: readonly (readonly [string, string])[]): boolean {
  return a.length === b.length && a.every(([key, value], index) => b[index]?.[0] === key && b[index]?.[1] === value);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** What `digestOf` tells apart, without the cost of a digest. */
function sameMessage(a: Content, b: Content): boolean {
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

/** The messages that are held under a packet id, until the commit of their result (DELIVERY, rule 2). */
export class RunningIds {
  /**
   * By packet id. Not a `Map`, whose tables outlive their entries: each would hold the messages that it has held until
   * the next full collection.
   */
  #byId: (Arrival | undefined)[] = [];

  /** What is held under the id of a message, where that is the same message. */
  repeated(message: IncomingMessage): Arrival | undefined {
    const running = this.#byId[message.packetId];
    return running !== undefined && sameMessage(running.content, message) ? running : undefined;
  }

  /** Takes an arrival in. Another one that is held under its id loses that: returns whether there was one. */
  add(arrival: Arrival): boolean {
    const id = arrival.held?.packetId ?? 0;
    if (id === 0) return false;
    const loser = this.#byId[id];
    loser?.yieldTo(arrival);
    this.#byId[id] = arrival;
    return loser !== undefined;
  }

  /** A message that is not handled has come under an id: whoever is held under it loses it. */
  take(id: number): void {
    const loser = this.#byId[id];
    if (loser === undefined) return;
    loser.identified = false;
    this.#byId[id] = undefined;
  }

  remove(arrival: Arrival): void {
    const id = arrival.held?.packetId ?? 0;
    if (id > 0 && this.#byId[id] === arrival) this.#byId[id] = undefined;
  }

  /** The session is lost: no id names anything any more. What runs runs on. */
  clear(): void {
    for (const arrival of this.#byId) if (arrival !== undefined) arrival.identified = false;
    this.#byId = [];
  }
}
