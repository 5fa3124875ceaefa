import type { DeliveryInfo } from '../../guest.ts';
import type { HandlerExport } from '../handler.ts';
import { BatchReader } from './batch-reader.ts';
import { compactDelivery } from './compact.ts';
import type { CallBatch, CallMessage, GuestMessage } from './protocol.ts';

/**
 * Of a call: id, cell, instance, chain, index of the handler; lengths of the event's id, source, type and data; index of
 * the binding, bytes of attributes.
 */
const NUMBERS = 11;
/** Length of the data of a call without a message. */
const NONE = -1;

/** Bytes and characters of events in one batch: together, what strangers send could be longer than a string can be. */
const PORTION = 2 ** 25;

/** Calls that go in one batch each. */
export function* portions(calls: readonly CallMessage[]): Iterable<readonly CallMessage[]> {
  let [from, size] = [0, 0];
  for (let index = 0; index < calls.length; index++) {
    const message = calls[index]?.message;
    if (message === undefined) continue;
    const { id, source, type, data } = message.event;
    const own = id.length + source.length + type.length + data.byteLength;
    if (size + own > PORTION && index > from) {
      yield calls.slice(from, index);
      [from, size] = [index, 0];
    }
    size += own;
  }
  if (from < calls.length) yield from === 0 ? calls : calls.slice(from);
}

/** Its number among those that are known, by which the other thread knows it; there are as many as a configuration names. */
export function numberOf<T>(known: T[], one: T): number {
  const index = known.indexOf(one);
  return index < 0 ? known.push(one) - 1 : index;
}

function sized(calls: readonly CallMessage[]): ArrayBuffer {
  let bytes = calls.length * NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  for (const { message } of calls) bytes += message?.event.data.byteLength ?? 0;
  return new ArrayBuffer(bytes);
}

function deliveryOf({ message }: CallMessage): DeliveryInfo | undefined {
  const delivery = message?.delivery;
  return delivery && compactDelivery(delivery);
}

/** `delivers`: what guests may ask for of their message goes with it. The buffer is to be transferred. */
export function packCalls(calls: readonly CallMessage[], delivers: boolean): CallBatch {
  const bytes = sized(calls);
  const numbers = new Float64Array(bytes, 0, calls.length * NUMBERS);
  const all = new Uint8Array(bytes);
  const handlers: HandlerExport[] = [];
  const bindings: (string | undefined)[] = [];
  let [at, dataAt, text] = [0, numbers.byteLength, ''];
  for (const { id, cell, instance, chain, handler, binding, attributeBytes, message } of calls) {
    numbers[at++] = id;
    numbers[at++] = cell;
    numbers[at++] = instance;
    numbers[at++] = chain;
    numbers[at++] = numberOf(handlers, handler);
    if (message === undefined) {
      numbers[at + 3] = NONE;
      at += NUMBERS - 5;
      continue;
    }
    const { event } = message;
    text += event.id + event.source + event.type;
    numbers[at++] = event.id.length;
    numbers[at++] = event.source.length;
    numbers[at++] = event.type.length;
    numbers[at++] = event.data.byteLength;
    numbers[at++] = numberOf(bindings, binding);
    numbers[at++] = attributeBytes;
    all.set(event.data, dataAt);
    dataAt += event.data.byteLength;
  }
  return {
    bytes,
    count: calls.length,
    text,
    handlers,
    bindings,
    deliveries: delivers ? calls.map(deliveryOf) : undefined,
  };
}

/** Worker: the calls of a batch, in order. */
export function unpackCalls(batch: CallBatch, take: (call: CallMessage) => void): void {
  const { count, handlers, bindings, deliveries } = batch;
  const reader = new BatchReader(batch, NUMBERS);
  for (let call = 0; call < count; call++, reader.next()) {
    const handler = handlers[reader.number(4)];
    if (handler === undefined) throw new Error('a call without a handler');
    let message: GuestMessage | undefined;
    if (reader.number(8) !== NONE) {
      const [id, source, type, data] = [reader.text(5), reader.text(6), reader.text(7), reader.data(8)];
      message = { event: { id, source, type, data }, delivery: deliveries?.[call] };
    }
    const [id, cell, instance, chain] = [reader.number(0), reader.number(1), reader.number(2), reader.number(3)];
    const binding = message === undefined ? undefined : bindings[reader.number(9)];
    const attributeBytes = reader.number(10);
    take({ id, cell, instance, chain, handler, binding, attributeBytes, message });
  }
}
