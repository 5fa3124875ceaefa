import type { AedesPublishPacket } from 'aedes';
import { matches } from '../../topics.ts';

/** Retained messages by topic [MQTT-3.3.1-5]. */
export class RetainedMessages {
  readonly #messages = new Map<string, AedesPublishPacket>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** An empty payload removes the topic's message [MQTT-3.3.1-10]. False when there was no room. */
  store(packet: AedesPublishPacket): boolean {
    const { topic } = packet;
    if (packet.payload.length === 0) this.#messages.delete(topic);
    else if (this.#messages.size >= this.#max && !this.#messages.has(topic)) return false;
    else this.#messages.set(topic, packet);
    return true;
  }

  *match(filters: readonly string[]): Generator<AedesPublishPacket> {
    for (const packet of this.#messages.values())
      if (filters.some((filter) => matches(filter, packet.topic))) yield packet;
  }
}
