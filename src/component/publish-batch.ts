import type { PublishRequest } from '../guest.ts';
import type { PublishBatch } from './protocol.ts';

/** Of a publish: its call; lengths of topic, id, source, type and data. */
const NUMBERS = 6;

export interface BufferedPublish {
  /** The call whose handler published. */
  readonly call: number;
  /** Without options. */
  readonly request: PublishRequest;
}

/** Worker: as `packCalls`. The buffer is to be transferred. */
export function packPublishes(publishes: readonly BufferedPublish[]): PublishBatch {
  const numbersBytes = publishes.length * NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  const dataBytes = publishes.reduce((sum, { request }) => sum + request.event.data.byteLength, 0);
  const bytes = new ArrayBuffer(numbersBytes + dataBytes);
  const numbers = new Float64Array(bytes, 0, publishes.length * NUMBERS);
  const all = new Uint8Array(bytes);
  let [at, dataAt, text] = [0, numbersBytes, ''];
  for (const { call, request } of publishes) {
    const { topic, event } = request;
    text += topic + event.id + event.source + event.type;
    numbers[at++] = call;
    numbers[at++] = topic.length;
    numbers[at++] = event.id.length;
    numbers[at++] = event.source.length;
    numbers[at++] = event.type.length;
    numbers[at++] = event.data.byteLength;
    all.set(event.data, dataAt);
    dataAt += event.data.byteLength;
  }
  return { bytes, count: publishes.length, text };
}

/** The publishes of a batch, in order. Their data are views of one buffer. */
export function unpackPublishes({ bytes, count, text }: PublishBatch, take: (publish: BufferedPublish) => void): void {
  const numbers = new Float64Array(bytes, 0, count * NUMBERS);
  let [textAt, dataAt] = [0, numbers.byteLength];
  const words = (length: number) => {
    const from = textAt;
    textAt += length;
    return text.slice(from, textAt);
  };
  for (let publish = 0, at = 0; publish < count; publish++, at += NUMBERS) {
    const number = (offset: number) => numbers[at + offset] ?? 0;
    const topic = words(number(1));
    const [id, source, type] = [words(number(2)), words(number(3)), words(number(4))];
    const data = new Uint8Array(bytes, dataAt, number(5));
    dataAt += number(5);
    take({ call: number(0), request: { topic, event: { id, source, type, data } } });
  }
}
