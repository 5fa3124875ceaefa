import type { HandlerExport } from '../handler.ts';
import { CELLS } from './cells.ts';
import type { CallMessage, GuestEvent } from './protocol.ts';

/** What there is room for, for each call: what does not fit travels by message. */
const RECORD_BYTES = 8192;
/** Id, instance, chain, numbers of handler and binding, bytes of attributes; lengths of id, source, type, all text, data. */
const NUMBERS = 11;
const NUMBERS_BYTES = NUMBERS * Float64Array.BYTES_PER_ELEMENT;
const STEP = RECORD_BYTES / Float64Array.BYTES_PER_ELEMENT;

/** Bytes that the records of all calls of a worker take up. */
export const RECORDS_BYTES = CELLS * RECORD_BYTES;

/** A call with a message, as it is written. Handlers and bindings are numbered by whoever writes. */
export interface CallRecord extends Pick<CallMessage, 'id' | 'instance' | 'chain' | 'attributeBytes'> {
  readonly handler: number;
  readonly binding: number;
  readonly event: GuestEvent;
}

/** What the numbers stand for. */
export interface CallNames {
  readonly handlers: readonly HandlerExport[];
  readonly bindings: readonly string[];
}

const encoder = new TextEncoder();

/**
 * The calls that a worker holds, in shared memory, each in the place of its cell: written by the main thread before the
 * worker is told of it, and as it was until the main thread has settled it.
 */
export class CallRecords {
  readonly #numbers: Float64Array;
  readonly #bytes: Buffer;
  readonly #rooms: readonly Uint8Array[];
  /** What was read last of each: calls are often of one size, and have their data in the same place then. */
  readonly #data: (Uint8Array | undefined)[] = new Array(CELLS).fill(undefined);

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#numbers = new Float64Array(buffer, offset, CELLS * STEP);
    this.#bytes = Buffer.from(buffer, offset, RECORDS_BYTES);
    this.#rooms = Array.from({ length: CELLS }, (_, cell) => {
      const from = offset + cell * RECORD_BYTES + NUMBERS_BYTES;
      return new Uint8Array(buffer, from, RECORD_BYTES - NUMBERS_BYTES);
    });
  }

  /** False where there is no room for its text and data, so that nothing of it can be read. */
  write(cell: number, call: CallRecord): boolean {
    const { id, source, type, data } = call.event;
    const room = this.#rooms[cell];
    if (room === undefined || data.byteLength > room.byteLength) return false;
    const text = id + source + type;
    const { read, written } = encoder.encodeInto(text, room);
    if (read < text.length || written + data.byteLength > room.byteLength) return false;
    room.set(data, written);
    const [numbers, at] = [this.#numbers, cell * STEP];
    numbers[at] = call.id;
    numbers[at + 1] = call.instance;
    numbers[at + 2] = call.chain;
    numbers[at + 3] = call.handler;
    numbers[at + 4] = call.binding;
    numbers[at + 5] = call.attributeBytes;
    numbers[at + 6] = id.length;
    numbers[at + 7] = source.length;
    numbers[at + 8] = type.length;
    numbers[at + 9] = written;
    numbers[at + 10] = data.byteLength;
    return true;
  }

  /** Its data is a view of the record. */
  read(cell: number, { handlers, bindings }: CallNames): CallMessage {
    const handler = handlers[this.#number(cell, 3)];
    if (handler === undefined) throw new Error('a call without a handler');
    const from = cell * RECORD_BYTES + NUMBERS_BYTES;
    const written = this.#number(cell, 9);
    const text = this.#bytes.toString('utf8', from, from + written);
    const idEnd = this.#number(cell, 6);
    const sourceEnd = idEnd + this.#number(cell, 7);
    const event = {
      id: text.slice(0, idEnd),
      source: text.slice(idEnd, sourceEnd),
      type: text.slice(sourceEnd, sourceEnd + this.#number(cell, 8)),
      data: this.#dataAt(cell, from + written, this.#number(cell, 10)),
    };
    return {
      id: this.#number(cell, 0),
      cell,
      instance: this.#number(cell, 1),
      chain: this.#number(cell, 2),
      handler,
      binding: bindings[this.#number(cell, 4)],
      attributeBytes: this.#number(cell, 5),
      message: { event, delivery: undefined },
    };
  }

  #number(cell: number, index: number): number {
    return this.#numbers[cell * STEP + index] ?? 0;
  }

  #dataAt(cell: number, from: number, length: number): Uint8Array {
    const at = this.#bytes.byteOffset + from;
    const before = this.#data[cell];
    if (before?.byteOffset === at && before.byteLength === length) return before;
    const data = new Uint8Array(this.#bytes.buffer, at, length);
    this.#data[cell] = data;
    return data;
  }
}
