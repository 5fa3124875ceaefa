import { isUtf8 } from 'node:buffer';
import type { AttributeValue, PubsubEvent } from '../types.ts';
import { isAttributeName, isAttributeText, isDefinedName } from './attributes.ts';
import { isJson } from './media-type.ts';
import { memberText } from './member-text.ts';

const encoder = new TextEncoder();
const OPENING_BRACE = 0x7b;

type JsonObject = Readonly<Record<string, unknown>>;

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether the payload can be a CloudEvent in JSON at all, without parsing it. */
export function mayBeStructured(payload: Uint8Array): boolean {
  let i = 0;
  // JSON's white space: space, tab, line feed, carriage return.
  while (payload[i] === 0x20 || payload[i] === 0x09 || payload[i] === 0x0a || payload[i] === 0x0d) i++;
  if (payload[i] !== OPENING_BRACE) return false;
  const bytes = view(payload);
  // A name may be written with escapes, which no search for its plain text finds.
  return bytes.includes('"specversion"') || bytes.includes('\\u');
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** CloudEvents types in JSON: string, boolean, whole number (JSON format 1.0.2, 2.2). */
function isAttributeValue(name: string, value: unknown): value is AttributeValue {
  if (typeof value === 'string') return isAttributeText(value);
  return !isDefinedName(name) && (typeof value === 'boolean' || Number.isSafeInteger(value));
}

/** The attributes beside the required four, undefined when there are none; false when one of them is not valid. */
function optionalAttributes(object: JsonObject): Record<string, AttributeValue> | undefined | false {
  let attributes: Record<string, AttributeValue> | undefined;
  for (const name in object) {
    const value = object[name];
    if (name === 'data' || name === 'data_base64') continue;
    if (name === 'specversion' || name === 'id' || name === 'source' || name === 'type') continue;
    if (!isAttributeName(name)) return false;
    if (value === null) continue;
    if (!isAttributeValue(name, value)) return false;
    attributes ??= {};
    attributes[name] = value;
  }
  return attributes;
}

function fromBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}

/** The data's bytes and whether they are JSON by position, or undefined when the members contradict each other. */
function dataOf(object: JsonObject, text: string): { bytes: Uint8Array; json: boolean } | undefined {
  const base64 = object.data_base64 ?? undefined;
  if (base64 !== undefined) {
    const bytes = object.data === undefined ? fromBase64(base64) : undefined;
    return bytes && { bytes, json: false };
  }
  if (object.data === undefined) return { bytes: new Uint8Array(0), json: false };
  if (typeof object.data === 'string') return { bytes: encoder.encode(object.data), json: false };
  return { bytes: encoder.encode(memberText(text, 'data') ?? ''), json: true };
}

function isRequired(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isAttributeText(value);
}

/**
 * Reads an event in the CloudEvents JSON format 1.0.2. Undefined: the payload is none, or breaks a rule of the
 * specification. `data` that is a string becomes its characters, other `data` its JSON text as it was written.
 */
export function decodeStructured(payload: Uint8Array): PubsubEvent | undefined {
  if (!isUtf8(payload)) return undefined;
  const text = view(payload).toString('utf8');
  const object = parseObject(text);
  if (object === undefined || object.specversion !== '1.0') return undefined;
  const { id, source, type } = object;
  if (!isRequired(id) || !isRequired(source) || !isRequired(type)) return undefined;
  let attributes = optionalAttributes(object);
  if (attributes === false) return undefined;
  const data = dataOf(object, text);
  if (data === undefined) return undefined;
  // What JSON implies has to be said in other formats (JSON format 1.0.2, 2.4).
  if (data.json && attributes?.datacontenttype === undefined)
    attributes = { ...attributes, datacontenttype: 'application/json' };
  return { id, source, type, data: data.bytes, attributes };
}

/** The text of data that can stand in a JSON event as it is, and be read back byte for byte. */
function embeddable(data: Uint8Array): string | undefined {
  if (!isUtf8(data)) return undefined;
  const text = view(data).toString('utf8');
  try {
    // A string would come back as its characters, without its quotes.
    return typeof JSON.parse(text) === 'string' ? undefined : text;
  } catch {
    return undefined;
  }
}

function dataMember(data: Uint8Array, contentType: AttributeValue | undefined): string {
  if (data.length === 0) return '';
  const text = typeof contentType === 'string' && isJson(contentType) ? embeddable(data) : undefined;
  return text === undefined ? `,"data_base64":"${view(data).toString('base64')}"` : `,"data":${text}`;
}

/** Writes an event in the CloudEvents JSON format 1.0.2: `data_base64`, unless its content type says JSON and it is. */
export function encodeStructured(event: PubsubEvent): Uint8Array {
  let json = `{"specversion":"1.0","id":${JSON.stringify(event.id)},"source":${JSON.stringify(event.source)}`;
  json += `,"type":${JSON.stringify(event.type)}`;
  const { attributes } = event;
  for (const name in attributes) json += `,"${name}":${JSON.stringify(attributes[name])}`;
  return encoder.encode(`${json}${dataMember(event.data, attributes?.datacontenttype)}}`);
}
