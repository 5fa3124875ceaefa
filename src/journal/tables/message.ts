import { HostError, messageOf } from '../../errors.ts';
import type { AttributeValue, MessageProperties, PubsubEvent } from '../../types.ts';

/** An event and the properties it travelled with: what the journal keeps of a message, whatever its table. */
export interface StoredMessage {
  readonly event: PubsubEvent;
  readonly properties: MessageProperties;
}

/** The columns `head`, `data` and `correlation`. */
export interface MessageColumns {
  /** Everything that is text, as JSON, with the version of this encoding. */
  readonly head: string;
  /** The event's data, byte for byte. */
  readonly data: Uint8Array;
  /** MQTT 5 correlation data; null where the message has none, which is not the same as empty. */
  readonly correlation: Uint8Array | null;
}

/** Version of {@link Head}. Rows of every version that was released stay readable. */
const ENCODING = 1;

interface Head {
  readonly v: typeof ENCODING;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>> | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly expiry?: number | undefined;
  readonly userProperties: readonly (readonly [string, string])[];
}

export function encodeMessage({ event, properties }: StoredMessage): MessageColumns {
  const { id, source, type, data, attributes } = event;
  const { contentType, responseTopic, correlationData, expiry, userProperties } = properties;
  const head: Head = { v: ENCODING, id, source, type, attributes, contentType, responseTopic, expiry, userProperties };
  return { head: JSON.stringify(head), data, correlation: correlationData ?? null };
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type;
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

function areAttributes(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((item) => ['string', 'number', 'boolean'].includes(typeof item));
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const head: Partial<Record<keyof Head, unknown>> = value;
  return (
    head.v === ENCODING &&
    [head.id, head.source, head.type].every((text) => typeof text === 'string') &&
    isOptional(head.contentType, 'string') &&
    isOptional(head.responseTopic, 'string') &&
    isOptional(head.expiry, 'number') &&
    areAttributes(head.attributes) &&
    Array.isArray(head.userProperties) &&
    head.userProperties.every(isPair)
  );
}

function parseHead(text: string): Head {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw damaged(messageOf(error));
  }
  if (!isHead(found)) throw damaged('its head is not one that this version writes');
  return found;
}

function damaged(found: string): HostError {
  const text = `the journal is damaged: a message in it cannot be read (${found}); restore the state folder from a copy, or name another with --state-dir DIR`;
  return new HostError('ERR_STATE_DAMAGED', text);
}

/** @throws {HostError} ERR_STATE_DAMAGED where the columns are not what {@link encodeMessage} wrote. */
export function decodeMessage({ head, data, correlation }: MessageColumns): StoredMessage {
  const { id, source, type, attributes, contentType, responseTopic, expiry, userProperties } = parseHead(head);
  return {
    event: { id, source, type, data, ...(attributes === undefined ? {} : { attributes }) },
    properties: {
      ...(contentType === undefined ? {} : { contentType }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlation === null ? {} : { correlationData: correlation }),
      ...(expiry === undefined ? {} : { expiry }),
      userProperties,
    },
  };
}
