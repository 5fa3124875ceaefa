import type { PublishOptions } from '../guest.ts';
import type {
  AttributeValue,
  MessageProperties,
  MqttVersion,
  OutgoingMessage,
  PubsubError,
  PubsubEvent,
  QoS,
  Result,
} from '../types.ts';
import { textFault } from './attributes.ts';
import { announcesCloudEvents, STRUCTURED_CONTENT_TYPE } from './media-type.ts';
import { type ContentMode, optionsFault } from './options.ts';
import { appSource } from './source.ts';
import { encodeStructured } from './structured.ts';

/** Largest packet [MQTT 5, 1.5.5] less room for the topic and the other single strings, in bytes. */
const MAX_CONTENT = 268_435_455 - 4 * 65_540;

type Pair = readonly [string, string];
type Attributes = Readonly<Record<string, AttributeValue>>;

export interface EncodeRequest {
  readonly event: PubsubEvent;
  readonly topic: string;
  readonly qos: QoS;
  /** The route's `format`. */
  readonly format: 'cloudevents' | 'structured' | 'raw';
  readonly protocol: MqttVersion;
  /** Gives the source of an event that has none. */
  readonly appName: string;
  /** The message being handled: its attributes are kept when the event has its source and id. */
  readonly forwarded?: PubsubEvent | undefined;
  readonly options?: PublishOptions | undefined;
  readonly freshId: () => string;
}

function refused(text: string): Result<never, PubsubError> {
  return { ok: false, error: { tag: 'invalid-argument', val: text } };
}

/** A content type that begins like a CloudEvents one would be taken for structured mode, so such an event is sent so. */
function modeOf(format: EncodeRequest['format'], protocol: MqttVersion, contentType: unknown): ContentMode {
  if (format === 'raw') return 'raw';
  if (format === 'structured' || protocol !== 5) return 'structured';
  return typeof contentType === 'string' && announcesCloudEvents(contentType) ? 'structured' : 'binary';
}

function keptAttributes({ event, forwarded }: EncodeRequest): Attributes | undefined {
  if (forwarded === undefined || forwarded.id !== event.id || forwarded.source !== event.source) return undefined;
  return forwarded.attributes;
}

function completed(request: EncodeRequest, kept: Attributes | undefined, contentType: string | undefined): PubsubEvent {
  const { event } = request;
  return {
    id: event.id === '' ? request.freshId() : event.id,
    source: event.source === '' ? appSource(request.appName) : event.source,
    type: event.type,
    data: event.data,
    attributes: contentType === undefined ? kept : { ...kept, datacontenttype: contentType },
  };
}

function eventFault(event: PubsubEvent): string | undefined {
  const fault = textFault(event.id) ?? textFault(event.source) ?? textFault(event.type);
  if (fault !== undefined) return `the event's id, source and type ${fault}`;
  for (const name in event.attributes) {
    const value = event.attributes[name];
    const wrong = typeof value === 'string' ? textFault(value) : undefined;
    if (wrong !== undefined) return `the event's attribute ${name} ${wrong}`;
  }
  return undefined;
}

function attributePairs(event: PubsubEvent): Pair[] {
  const pairs: Pair[] = [
    ['specversion', '1.0'],
    ['id', event.id],
    ['source', event.source],
    ['type', event.type],
  ];
  const { attributes } = event;
  for (const name in attributes) if (name !== 'datacontenttype') pairs.push([name, String(attributes[name])]);
  return pairs;
}

function contentOf(event: PubsubEvent, mode: ContentMode, protocol: MqttVersion, options: PublishOptions | undefined) {
  const asked = options?.userProperties ?? [];
  if (mode === 'raw') return { payload: event.data, contentType: options?.contentType, userProperties: asked };
  if (mode === 'structured') {
    const contentType = protocol === 5 ? STRUCTURED_CONTENT_TYPE : undefined;
    return { payload: encodeStructured(event), contentType, userProperties: asked };
  }
  const contentType = event.attributes?.datacontenttype;
  const pairs = attributePairs(event);
  if (asked.length > 0) pairs.push(...asked);
  return {
    payload: event.data,
    contentType: contentType === undefined ? undefined : String(contentType),
    userProperties: pairs,
  };
}

function contentLength(payload: Uint8Array, userProperties: readonly Pair[]): number {
  let length = payload.length;
  for (const [name, value] of userProperties) length += 3 * (name.length + value.length) + 5;
  return length;
}

function assemble(request: EncodeRequest, event: PubsubEvent, mode: ContentMode): Result<OutgoingMessage, PubsubError> {
  const { options, protocol, qos, topic } = request;
  const { payload, contentType, userProperties } = contentOf(event, mode, protocol, options);
  if (contentLength(payload, userProperties) > MAX_CONTENT)
    return refused(`the payload is too large: an MQTT packet holds at most ${MAX_CONTENT} bytes`);
  const properties: MessageProperties = {
    contentType,
    responseTopic: options?.responseTopic,
    correlationData: options?.correlationData,
    expiry: options?.expiry,
    userProperties,
  };
  return { ok: true, value: { topic, payload, properties, qos, retain: options?.retain ?? false } };
}

/**
 * Lays an event out for the wire: binary mode on MQTT 5, structured mode on 3.1.1 or when asked for, or the data alone
 * (MQTT binding 1.0.2, 3). The content type of `options` is the data's, so in structured mode it goes into the event.
 * In binary mode a user property of `options` whose name fits becomes an extension attribute; one that has the name
 * of an attribute which CloudEvents defines, or which the event already has, is refused. The topic is the caller's to
 * check. Fails with `invalid-argument` alone; never throws.
 */
export function encodeEvent(request: EncodeRequest): Result<OutgoingMessage, PubsubError> {
  const { event, format, options, protocol } = request;
  if (event.type === '') return refused("the event's type must not be empty");
  if (event.data.length > MAX_CONTENT)
    return refused(`the payload is too large: an MQTT packet holds at most ${MAX_CONTENT} bytes`);
  const kept = format === 'raw' ? undefined : keptAttributes(request);
  const contentType = options?.contentType;
  const mode = modeOf(format, protocol, contentType ?? kept?.datacontenttype);
  const fault = options === undefined ? undefined : optionsFault(options, protocol, mode, kept);
  if (fault !== undefined) return refused(fault);
  if (mode === 'raw') return assemble(request, event, mode);
  const whole = completed(request, kept, contentType);
  const wrong = eventFault(whole);
  return wrong === undefined ? assemble(request, whole, mode) : refused(wrong);
}
