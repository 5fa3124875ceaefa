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
}

const NO_OPTIONS: PublishOptions = { retain: false, userProperties: [] };

/** A guest's event with everything filled in that must not change when it is sent again. */
export function outgoingEvent(request: OutgoingRequest): OutgoingEvent {
  const { topic, qos, format, event, options, forwarded } = request;
  const id = event.id === '' ? request.freshId() : event.id;
  const source = event.source === '' ? appSource(request.appName) : event.source;
  const kept = forwarded?.id === event.id && forwarded.source === event.source ? forwarded.attributes : undefined;
  const { retain, ...properties } = options ?? NO_OPTIONS;
  return {
    topic,
    qos,
    retain,
    format,
    event: { id, source, type: event.type, data: event.data, attributes: kept },
    properties,
  };
}

/** {@link encodeEvent} for an event that is complete: the same bytes each time, for one protocol. */
export function encodeOutgoing(outgoing: OutgoingEvent, protocol: MqttVersion): Result<OutgoingMessage, PubsubError> {
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
    options: { retain, ...properties },
  });
}
