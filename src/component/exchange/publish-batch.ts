import type { PublishRequest } from '../../guest.ts';
import { BatchReader } from './batch-reader.ts';
import { Compactor } from './compact.ts';
import type { PublishBatch, PublishMessage } from './protocol.ts';

/** Of a publish: its own id and its call; lengths of topic, id, source, type and data. */
const NUMBERS = 7;

/** Bytes of the data of a batch. */
const DATA = 2 ** 20;
/** Characters of its texts, which are held as long as one publish of it waits for its broker, and which nobody counts. */
const TEXT = 8_192;

export interface PackedPublish {
  /** Of one that waits for its answer; 0: part of a transaction. */
  readonly id: number;
  /** The call whose handler published. */
  readonly call: number;
  /** Without options. */
  readonly request: PublishRequest;
}

/** Whether all of these may go in one batch. */
export function canPack(publishes: readonly PublishMessage[]): boolean {
  let [text, data] = [0, 0];
  for (const { request, unread } of publishes) {
    const { topic, event, options } = request;
    if (options !== undefined || unread !== undefined) return false;
    text += topic.length + event.id.length + event.source.length + event.type.length;
    data += event.data.byteLength;
  }
  return text <= TEXT && data <= DATA;
}

/** Worker: as `packCalls`. The buffer is to be transferred. */
export function packPublishes(publishes: readonly PackedPublish[]): PublishBatch {
  const numbersBytes = publishes.length * NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  const dataBytes = publishes.reduce((sum, { request }) => sum + request.event.data.byteLength, 0);
  const bytes = new ArrayBuffer(numbersBytes + dataBytes);
  const numbers = new Float64Array(bytes, 0, publishes.length * NUMBERS);
  const all = new Uint8Array(bytes);
  let [at, dataAt, text] = [0, numbersBytes, ''];
  for (const { id, call, request } of publishes) {
    const { topic, event } = request;
    text += topic + event.id + event.source + event.type;
    numbers[at++] = id;
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

const waiting = new Compactor();

/**
 * The publishes of a batch, in order. Their data are views of one buffer, but for those that wait: one of these would hold
 * what others published, up to {@link DATA}, as long as its broker is away.
 */
export function unpackPublishes(batch: PublishBatch, take: (publish: PackedPublish) => void): void {
  const reader = new BatchReader(batch, NUMBERS);
  for (let publish = 0; publish < batch.count; publish++, reader.next()) {
    const topic = reader.text(2);
    const [id, source, type, bytes] = [reader.text(3), reader.text(4), reader.text(5), reader.data(6)];
    const number = reader.number(0);
    const data = number > 0 ? waiting.compact(bytes) : bytes;
    take({ id: number, call: reader.number(1), request: { topic, event: { id, source, type, data } } });
  }
}
