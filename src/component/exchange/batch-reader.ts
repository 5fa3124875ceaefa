interface Batch {
  /** The numbers of all records, then all data. */
  readonly bytes: ArrayBuffer;
  readonly count: number;
  /** All text. */
  readonly text: string;
}

/**
 * Reads a batch record by record. A record is so many numbers; those that are lengths say how much of the text and of
 * the data comes next, so that {@link text} and {@link data} are to be called in the order of writing.
 */
export class BatchReader {
  readonly #batch: Batch;
  readonly #numbers: Float64Array;
  readonly #size: number;
  #at = 0;
  #textAt = 0;
  #dataAt: number;

  constructor(batch: Batch, size: number) {
    this.#batch = batch;
    this.#numbers = new Float64Array(batch.bytes, 0, batch.count * size);
    this.#size = size;
    this.#dataAt = this.#numbers.byteLength;
  }

  /** Goes on to the next record. */
  next(): void {
    this.#at += this.#size;
  }

  number(index: number): number {
    return this.#numbers[this.#at + index] ?? 0;
  }

  /** Text of the length that stands at `index`. */
  text(index: number): string {
    const from = this.#textAt;
    this.#textAt += this.number(index);
    return this.#batch.text.slice(from, this.#textAt);
  }

  /** A view of as many bytes. */
  data(index: number): Uint8Array<ArrayBuffer> {
    const from = this.#dataAt;
    const length = this.number(index);
    this.#dataAt += length;
    return new Uint8Array(this.#batch.bytes, from, length);
  }
}
