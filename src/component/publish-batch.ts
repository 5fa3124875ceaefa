import type { PublishRequest } from '../guest.ts';
import { BatchReader } from './batch-reader.ts';
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
export function unpackPublishes(batch: PublishBatch, take: (publish: BufferedPublish) => void): void {
  const reader = new BatchReader(batch, NUMBERS);
  for (let publish = 0; publish < batch.count; publish++, reader.next()) {
    const topic = reader.text(1);
    const [id, source, type, data] = [reader.text(2), reader.text(3), reader.text(4), reader.data(5)];
    take({ call: reader.number(0), request: { topic, event: { id, source, type, data } } });
  }
}
