import type {
  Broker,
  Publisher,
  PublisherOptions,
  PublisherSink,
  Subscriber,
  SubscriberOptions,
  SubscriberSink,
} from '../../broker.ts';
import type { HostStatus } from '../../status.ts';
import type { Surroundings } from './connection/connector.ts';
import { ProtocolMemory } from './connection/protocols.ts';
import { MqttPublisher } from './publisher/publisher.ts';
import { MqttSubscriber } from './subscriber/subscriber.ts';

export interface MqttBrokerOptions {
  /** Gets `connected`, `disconnected`, `retrying`, `dropped` and `notice`, for subscribers and publishers alike. */
  readonly report?: ((status: HostStatus) => void) | undefined;
  /** How long a broker may take to accept a connection, in milliseconds; 10 s unless told. */
  readonly connectTimeout?: number | undefined;
}

/** The driver for `pubsub.mqtt`: MQTT 5 and 3.1.1 over TCP, TLS and WebSocket, on mqtt.js. */
export function mqttBroker(options: MqttBrokerOptions = {}): Broker {
  const around: Surroundings = {
    protocols: new ProtocolMemory(),
    connectTimeout: options.connectTimeout ?? 10_000,
    report: options.report ?? (() => {}),
  };
  return {
    schemes: ['tcp', 'mqtt', 'mqtts', 'ssl', 'ws', 'wss'],
    keepsQos2: true,
    openSubscriber(subscriber: SubscriberOptions, sink: SubscriberSink): Subscriber {
      const opened = new MqttSubscriber(subscriber, sink, around);
      opened.start();
      return opened;
    },
    openPublisher(publisher: PublisherOptions, sink: PublisherSink): Publisher {
      const opened = new MqttPublisher(publisher, sink, around);
      opened.start();
      return opened;
    },
  };
}
