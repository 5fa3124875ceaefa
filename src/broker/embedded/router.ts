import type { AedesPublishPacket } from 'aedes';
import { FilterIndex } from './filter-index.ts';

/** Hands a message to one subscriber; `done` once that has taken it. */
export type Deliver = (packet: AedesPublishPacket, done: () => void) => void;

/**
 * What aedes calls its message queue (`mq`): subscribers by filter. Unlike the one that aedes brings it numbers QoS 0
 * messages as they leave: aedes numbers them as they come and then drops, as a supposed copy, whatever is overtaken.
 */
export class Router {
  readonly #subscribers = new FilterIndex<Deliver>();
  #sent = 0;

  on(filter: string, deliver: Deliver, done?: () => void): void {
    this.#subscribers.add(filter, deliver);
    done?.();
  }

  removeListener(filter: string, deliver: Deliver, done?: () => void): void {
    this.#subscribers.remove(filter, deliver);
    done?.();
  }

  /** `done` once every subscriber has taken the message: a subscriber that does not read holds the publisher back. */
  emit(packet: AedesPublishPacket, done: () => void): void {
    if (packet.qos === 0) {
      packet.brokerId = 'qos-0';
      packet.brokerCounter = ++this.#sent;
    }
    const subscribers = this.#subscribers.match(packet.topic);
    let outstanding = subscribers.length;
    if (outstanding === 0) {
      done();
      return;
    }
    const taken = () => {
      if (--outstanding === 0) done();
    };
    for (const deliver of subscribers) deliver(packet, taken);
  }

  close(done: () => void): void {
    done();
  }
}
