import type { DeliveryInfo } from '../guest.ts';
import type { IncomingMessage, PubsubEvent } from '../types.ts';

type Content = Pick<IncomingMessage, 'topic' | 'qos' | 'retained' | 'dup' | 'properties' | 'payload'>;

/** The content type of the event's data, which in structured mode is not the packet's. */
export function contentTypeOf(message: Content, event: PubsubEvent | undefined): string | undefined {
  const kept = event?.attributes?.datacontenttype;
  if (typeof kept === 'string') return kept;
  return event === undefined || event.data === message.payload ? message.properties.contentType : undefined;
}

/**
 * What `host:pubsub/delivery` tells a guest about a message. `attempt` counts from 1; a message is redelivered when
 * the broker says so [MQTT-3.3.1-1] or the host tries it again. Given the decoded event, the content type is that of
 * its data, which in structured mode is not the packet's. User properties are all that the packet has.
 */
export function deliveryInfo(message: Content, attempt: number, event?: PubsubEvent): DeliveryInfo {
  const { responseTopic, correlationData, userProperties } = message.properties;
  return {
    topic: message.topic,
    qos: message.qos,
    retained: message.retained,
    redelivered: message.dup || attempt > 1,
    attempt,
    contentType: contentTypeOf(message, event),
    responseTopic,
    correlationData,
    userProperties,
  };
}
