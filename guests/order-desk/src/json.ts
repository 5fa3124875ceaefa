const decoder = new TextDecoder('utf-8', { fatal: true });

/** The members of a JSON object; undefined for any other bytes. */
export function parseObject(data: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(data));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** A number of things or of cents. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** An order's number becomes a level of a topic, so it is nothing that could be more or a wildcard. */
export function isOrderNumber(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9-]{1,40}$/.test(value);
}
