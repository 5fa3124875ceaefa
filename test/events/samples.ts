import type { AttributeValue, IncomingMessage, MessageProperties, PubsubEvent, WireMessage } from '../../src/types.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(data);

export function wire(
  payload: string | Uint8Array,
  properties: Partial<MessageProperties> = {},
  topic = 'a/b',
): WireMessage {
  return {
    topic,
    payload: typeof payload === 'string' ? bytes(payload) : payload,
    properties: { userProperties: [], ...properties },
  };
}

export function incoming(message: WireMessage, more: Partial<IncomingMessage> = {}): IncomingMessage {
  return { ...message, qos: 1, retained: false, dup: false, packetId: 7, epoch: 1, ...more };
}

export const required: [string, string][] = [
  ['specversion', '1.0'],
  ['id', '1'],
  ['source', '/s'],
  ['type', 't'],
];

/** mulberry32: the same values in every run. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ALPHABET = ['a', 'Z', '0', ' ', '"', '\\', '/', '%', '{', '}', 'é', '漢', '😀', '\u2028', '=', ';', "'", '<'];
const JSON_TEXTS = [
  '{"a":[1,{"data":"}"}]}',
  '[]',
  'null',
  'true',
  '-0.10e2',
  '"text"',
  '{"big":12345678901234567890}',
];
const CONTENT_TYPES = [
  'application/json',
  'text/plain',
  'application/geo+JSON; charset=utf-8',
  'application/cloudevents+json',
];

/** Any valid event, with awkward characters in every place that may have them. */
export function randomEvent(random: () => number): PubsubEvent {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[]): T => list[below(list.length)] as T;
  const string = (least: number) => Array.from({ length: least + below(12) }, () => pick(ALPHABET)).join('');
  const attributes: Record<string, AttributeValue> = {};
  if (random() < 0.5) attributes.datacontenttype = pick(CONTENT_TYPES);
  if (random() < 0.3) attributes.subject = string(1);
  if (random() < 0.3) attributes.time = '2026-03-01T12:00:00.123456+02:00';
  if (random() < 0.3) attributes.x9 = string(0);
  if (random() < 0.3) attributes.constructor = string(0) as unknown as AttributeValue & (() => void);
  const data =
    random() < 0.5
      ? Uint8Array.from({ length: below(40) }, () => below(256))
      : bytes(random() < 0.7 ? pick(JSON_TEXTS) : string(0));
  const none = Object.keys(attributes).length === 0;
  return { id: string(1), source: string(1), type: string(1), data, attributes: none ? undefined : attributes };
}
