import type { Driver, WireMessage } from 'wasi-pubsub-host';
import { MemoryBroker, type PublishSettings } from './memory-broker.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { MemorySubscriber } from './memory-subscriber.ts';

export interface MemoryDriver extends Driver {
  /** Publishes from outside of every host. */
  publish(topic: string, data: string | Uint8Array, settings?: PublishSettings): void;
  /** Listens from outside of every host. */
  subscribe(filter: string, listener: (message: WireMessage) => void): void;
}

/** A driver for `pubsub.memory`: hosts that are given the same one share a broker, whatever their urls say. */
export function memoryDriver(): MemoryDriver {
  const broker = new MemoryBroker();
  return {
    name: 'memory',
    schemes: ['memory'],
    // What it holds does not survive the process.
    keepsQos2: false,
    openSubscriber: (options, sink) => new MemorySubscriber(broker, options, sink),
    openPublisher: (options, sink) => new MemoryPublisher(broker, options, sink),
    publish: (topic, data, settings) => broker.publish(topic, data, settings),
    subscribe: (filter, listener) => broker.listen(filter, listener),
  };
}
