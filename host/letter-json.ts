import type { ListedDeadLetter, MessageProperties, PubsubEvent } from '../src/cli.ts';
import { printableText } from './printable.ts';

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function eventOf({ id, source, type, attributes = {}, data }: PubsubEvent): object {
  const text = printableText(data);
  return { id, source, type, attributes, ...(text === undefined ? { dataBase64: base64(data) } : { data: text }) };
}

function propertiesOf({ contentType, responseTopic, correlationData, expiry, userProperties }: MessageProperties) {
  return {
    contentType,
    responseTopic,
    correlationDataBase64: correlationData === undefined ? undefined : base64(correlationData),
    expirySeconds: expiry,
    userProperties,
  };
}

/**
 * A dead letter as a JSON document on one line, everything in it. Its names do not change between releases. Times are
 * ISO 8601 in UTC; `event` has either `data`, where that is printable UTF-8, or `dataBase64`; what a letter has not is
 * left out.
 */
export function letterJson(letter: ListedDeadLetter): string {
  const { id, kind, binding, publisher, parked, topic, qos, error, attempts, firstAt, deadAt } = letter;
  const ofPublish = kind === 'publish' ? { publisher, parked } : {};
  const times = { firstAt: new Date(firstAt).toISOString(), deadAt: new Date(deadAt).toISOString() };
  const content = { event: eventOf(letter.event), properties: propertiesOf(letter.properties) };
  return JSON.stringify({ id, kind, binding, ...ofPublish, topic, qos, error, attempts, ...times, ...content });
}
