import { textOfId } from '../../events/counted-id.ts';
import type { CountedId } from '../../types.ts';
import type { HandlerExport } from '../handler.ts';
import { CELLS, LINE_BYTES } from './cells.ts';
import type { CallMessage, GuestEvent } from './protocol.ts';
import { ownText, TextNumbers } from './text-numbers.ts';

/**
 * A record has its numbers, then its text and data where those are small; larger ones have a place of their own, and what
 * is larger still travels by message. Records lie close together, and none at a power of two behind another: addresses
 * like those share few places of a cache.
 */
const RECORD_BYTES = 11 * LINE_BYTES;
const LARGE_BYTES = 8192 + LINE_BYTES;
/** Id and chain. */
const FLOATS = 2;
/**
 * Instance, numbers of handler and binding, bytes of attributes; length of the id, its count; source, type, each with its
 * new number; bytes of the text, of the data. See {@link CallRecords.write}.
 */
const INTS = 12;
const NUMBERS_BYTES = FLOATS * Float64Array.BYTES_PER_ELEMENT + INTS * Int32Array.BYTES_PER_ELEMENT;
const FLOAT_STEP = RECORD_BYTES / Float64Array.BYTES_PER_ELEMENT;
const INT_STEP = RECORD_BYTES / Int32Array.BYTES_PER_ELEMENT;
const FIRST_INT = (FLOATS * Float64Array.BYTES_PER_ELEMENT) / Int32Array.BYTES_PER_ELEMENT;
const LARGE_AT = CELLS * RECORD_BYTES;

const NONE = -1;

/** Bytes that the records of all calls of a worker take up. */
export const RECORDS_BYTES = LARGE_AT + CELLS * LARGE_BYTES;

/** A call with a message, as it is written. Handlers and bindings are numbered by whoever writes. */
export interface CallRecord extends Pick<CallMessage, 'id' | 'instance' | 'chain' | 'attributeBytes'> {
  readonly handler: number;
  readonly binding: number;
  readonly event: GuestEvent;
  readonly counted?: CountedId | undefined;
}

/** What the numbers stand for. */
export interface CallNames {
  readonly handlers: readonly HandlerExport[];
  readonly bindings: readonly string[];
}

const encoder = new TextEncoder();
const NOTHING = { read: 0, written: 0 };

/**
 * The calls that a worker holds, in shared memory, each in the place of its cell: written by the main thread before the
 * worker is told of it, and as it was until the main thread has settled it.
 */
export class CallRecords {
  readonly #floats: Float64Array;
  readonly #ints: Int32Array;
  readonly #bytes: Buffer;
  readonly #small: readonly Buffer[];
  readonly #large: readonly Buffer[];
  /** Written last, and read last, of ids that are counted. */
  #head = '';
  readonly #numbers = new TextNumbers();
  readonly #texts: string[] = [];
  /** What was read last of each: calls are often of one size, and have their data in the same place then. */
  readonly #data: (Uint8Array | undefined)[] = new Array(CELLS).fill(undefined);

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#floats = new Float64Array(buffer, offset, CELLS * FLOAT_STEP);
    this.#ints = new Int32Array(buffer, offset, CELLS * INT_STEP);
    this.#bytes = Buffer.from(buffer, offset, RECORDS_BYTES);
    const rooms = (place: (cell: number) => number, bytes: number) =>
      Array.from({ length: CELLS }, (_, cell) => Buffer.from(buffer, offset + place(cell), bytes));
    this.#small = rooms(smallAt, RECORD_BYTES - NUMBERS_BYTES);
    this.#large = rooms(largeAt, LARGE_BYTES);
  }

  /**
   * False where there is no room for its text and data, so that nothing of it can be read. A source or type is written
   * once, with the number that stands for it after that: in place of its length, as `~number`. Of an id that is counted the
   * head is written, where it is another one than before, and the count.
   */
  write(cell: number, call: CallRecord): boolean {
    const { counted, event } = call;
    const { id, source, type, data } = event;
    const idText = counted === undefined ? id : counted.head === this.#head ? '' : counted.head;
    const [sourceNumber, typeNumber] = [this.#numbers.of(source), this.#numbers.of(type)];
    const text = idText + (sourceNumber === undefined ? source : '') + (typeNumber === undefined ? type : '');
    let written = writeTo(this.#small[cell], text, data);
    const isLarge = written === undefined;
    written ??= writeTo(this.#large[cell], text, data);
    if (written === undefined) return false;
    if (counted !== undefined) this.#head = counted.head;
    const at = cell * FLOAT_STEP;
    this.#floats[at] = call.id;
    this.#floats[at + 1] = call.chain;
    const [ints, from] = [this.#ints, cell * INT_STEP + FIRST_INT];
    ints[from] = call.instance;
    ints[from + 1] = call.handler;
    ints[from + 2] = call.binding;
    ints[from + 3] = call.attributeBytes;
    ints[from + 4] = idText.length;
    ints[from + 5] = counted === undefined ? NONE : counted.count;
    ints[from + 6] = sourceNumber === undefined ? source.length : ~sourceNumber;
    ints[from + 7] = sourceNumber === undefined ? this.#added(source) : NONE;
    ints[from + 8] = typeNumber === undefined ? type.length : ~typeNumber;
    ints[from + 9] = typeNumber === undefined ? this.#added(type) : NONE;
    ints[from + 10] = isLarge ? ~written : written;
    ints[from + 11] = data.byteLength;
    return true;
  }

  /** In the order in which they were written, each once. Its data is a view of the record. */
  read(cell: number, { handlers, bindings }: CallNames): CallMessage {
    const handler = handlers[this.#int(cell, 1)];
    if (handler === undefined) throw new Error('a call without a handler');
    const place = this.#int(cell, 10);
    const [written, from] = place < 0 ? [~place, largeAt(cell)] : [place, smallAt(cell)];
    const text = written === 0 ? '' : this.#bytes.toString('utf8', from, from + written);
    const idEnd = this.#int(cell, 4);
    const sourceEnd = idEnd + Math.max(0, this.#int(cell, 6));
    const event = {
      id: this.#idOf(text.slice(0, idEnd), this.#int(cell, 5)),
      source: this.#textOf(text, idEnd, this.#int(cell, 6), this.#int(cell, 7)),
      type: this.#textOf(text, sourceEnd, this.#int(cell, 8), this.#int(cell, 9)),
      data: this.#dataAt(cell, from + written, this.#int(cell, 11)),
    };
    return {
      id: this.#floats[cell * FLOAT_STEP] ?? 0,
      cell,
      instance: this.#int(cell, 0),
      chain: this.#floats[cell * FLOAT_STEP + 1] ?? 0,
      handler,
      binding: bindings[this.#int(cell, 2)],
      attributeBytes: this.#int(cell, 3),
      message: { event, delivery: undefined },
    };
  }

  /** The number that a text has from now on. */
  #added(text: string): number {
    return this.#numbers.add(text) ?? NONE;
  }

  #idOf(text: string, count: number): string {
    if (count === NONE) return text;
    if (text !== '') this.#head = text;
    return textOfId({ head: this.#head, count });
  }

  /** What is at `from` in a text, or what has a number, and has it from now on where it is new. */
  #textOf(text: string, from: number, length: number, added: number): string {
    if (length < 0) return this.#known(~length);
    const found = text.slice(from, from + length);
    if (added !== NONE) this.#texts[added] = ownText(found);
    return found;
  }

  #known(number: number): string {
    const text = this.#texts[number];
    if (text === undefined) throw new Error('a call with a text that was not told');
    return text;
  }

  #int(cell: number, index: number): number {
    return this.#ints[cell * INT_STEP + FIRST_INT + index] ?? 0;
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

/** Of the text and data of a record. */
function smallAt(cell: number): number {
  return cell * RECORD_BYTES + NUMBERS_BYTES;
}

function largeAt(cell: number): number {
  return LARGE_AT + cell * LARGE_BYTES;
}

/** The bytes that the text takes, with the data behind it; undefined where there is no room for both. */
function writeTo(room: Buffer | undefined, text: string, data: Uint8Array): number | undefined {
  if (room === undefined || text.length + data.byteLength > room.byteLength) return undefined;
  // Mostly all of it goes as numbers.
  const { read, written } = text === '' ? NOTHING : encoder.encodeInto(text, room);
  if (read < text.length || written + data.byteLength > room.byteLength) return undefined;
  // Twice as fast as `set`, to shared memory.
  Buffer.prototype.copy.call(data, room, written);
  return written;
}
