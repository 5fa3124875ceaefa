const TOPIC = /^sensors\/([^/]+)\/temperature$/;

/** The sensor that publishes on `topic`, or undefined when it is no topic of a temperature. */
export function sensorOf(topic: string): string | undefined {
  return TOPIC.exec(topic)?.[1];
}

/** Degrees Celsius of a payload such as `{"celsius": 31.5}`, or undefined. */
export function parseReading(data: Uint8Array): number | undefined {
  let reading: unknown;
  try {
    reading = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return undefined;
  }
  if (typeof reading !== 'object' || reading === null || !('celsius' in reading)) return undefined;
  return typeof reading.celsius === 'number' ? reading.celsius : undefined;
}
