import type { PublishOptions } from '../guest.ts';
import type { OutgoingEvent } from '../journal.ts';
import type { MqttVersion, OutgoingMessage, PubsubError, PubsubEvent, Result } from '../types.ts';
import { encodeEvent } from './encode.ts';
import { appSource } from './source.ts';

export interface OutgoingRequest extends Pick<OutgoingEvent, 'topic' | 'qos' | 'format'> {
  readonly event: PubsubEvent;
  readonly options?: PublishOptions | undefined;
  /** Gives the source of an event that has none. */
  readonly appName: string;
  /** The message being handled: its attributes are kept when the event has its source and id. */
  readonly forwarded?: PubsubEvent | undefined;
  readonly freshId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Of an event that is published without options. */
const NO_PROPERTIES: OutgoingEvent['properties'] = { userProperties: [] };

/** A guest's event with everything filled in that must not change when it is sent again. */
export function outgoingEvent(request: OutgoingRequest): OutgoingEvent {
  const { topic, qos, format, event, options, forwarded } = request;
  const { type, data } = event;
  const id = event.id === '' ? request.freshId() : event.id;
  const source = event.source === '' ? appSource(request.appName) : event.source;
  const attributes = forwarded?.id === event.id && forwarded.source === event.source ? forwarded.attributes : undefined;
  const whole = { id, source, type, data, attributes };
  if (options === undefined) return { topic, qos, retain: false, format, event: whole, properties: NO_PROPERTIES };
  const { retain, ...properties } = options;
  const { expiry } = properties;
  const expires = expiry === undefined ? {} : { expiresAt: request.now + expiry * 1000 };
  return { topic, qos, retain, format, event: whole, properties, ...expires };
}

/**
 * What is left of its expiry, in seconds, as a broker says it of what has waited [MQTT-3.3.2-6]. At least 1: what was
 * sent before has to be sent again whatever became of its expiry [MQTT-4.4.0-1], and to Mosquitto 0 means for ever.
 */
function expiryLeft({ properties, expiresAt }: OutgoingEvent, now: number): number | undefined {
  // One of 0 is refused.
  if (expiresAt === undefined || properties.expiry === 0) return properties.expiry;
  return Math.max(1, Math.ceil((expiresAt - now) / 1000));
}

/** {@link encodeEvent} for an event that is complete: but for its expiry the same bytes each time, for one protocol. */
export function encodeOutgoing(
  outgoing: OutgoingEvent,
  protocol: MqttVersion,
  now = Date.now(),
): Result<OutgoingMessage, PubsubError> {
  const { event, topic, qos, format, retain, properties } = outgoing;
  return encodeEvent({
    event,
    topic,
    qos,
    format,
    protocol,
    // Never used: id and source are filled in.
    appName: '',
    freshId: () => '',
    forwarded: event,
    options: properties === NO_PROPERTIES ? undefined : { retain, ...properties, expiry: expiryLeft(outgoing, now) },
  });
}
