/** What is asked, and for requesters that cannot give a response topic, where the answer goes. */
export interface ConversionRequest {
  readonly value: number;
  readonly from: string;
  readonly to: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The members of a payload that is a JSON object; undefined for any other. */
export function fieldsOf(data: Uint8Array): Fields | undefined {
  try {
    const found: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error whose message tells the requester what is wrong. */
export function requestOf(fields: Fields | undefined): ConversionRequest {
  const { value, from, to } = fields ?? {};
  if (typeof value === 'number' && typeof from === 'string' && typeof to === 'string') return { value, from, to };
  throw new Error('expected JSON like {"value": 20, "from": "C", "to": "F"}');
}
