import { topicFault } from '../../topics.ts';
import type { IncomingMessage, QoS } from '../../types.ts';

const MAX_PACKET_ID = 65_535;

function isPacketId(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) > 0 && (id as number) <= MAX_PACKET_ID;
}

/** What is wrong with a message that a driver hands over at a binding's `qos`, by itself. */
export function messageFault(message: IncomingMessage, qos: QoS): string | undefined {
  const { topic, payload, properties, packetId } = message;
  if (typeof topic !== 'string') return 'its topic is no string';
  const fault = topicFault(topic);
  if (fault !== undefined) return fault;
  if (!(payload instanceof Uint8Array)) return 'its payload is no Uint8Array';
  if (!Array.isArray(properties?.userProperties)) return 'its properties.userProperties is no list';
  if (message.qos !== 0 && message.qos !== 1 && message.qos !== 2) return `its qos is ${String(message.qos)}`;
  if (message.qos > qos) return `its qos ${message.qos} is above the subscription's ${qos}`;
  if (message.qos > 0 && !isPacketId(packetId)) return `its packetId is ${String(packetId)}, not 1 to ${MAX_PACKET_ID}`;
  return undefined;
}

/** What a driver has handed over on its connection and the host has not acknowledged. */
export class HandedOver {
  readonly #messages = new Set<IncomingMessage>();
  readonly #ids = new Set<number>();

  get size(): number {
    return this.#messages.size;
  }

  hasId({ qos, packetId }: IncomingMessage): boolean {
    return qos > 0 && this.#ids.has(packetId);
  }

  add(message: IncomingMessage): void {
    this.#messages.add(message);
    if (message.qos > 0) this.#ids.add(message.packetId);
  }

  remove(message: IncomingMessage): void {
    if (this.#messages.delete(message)) this.#ids.delete(message.packetId);
  }

  clear(): void {
    this.#messages.clear();
    this.#ids.clear();
  }
}
