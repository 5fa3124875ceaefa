import type { MessageColumns } from './message.ts';

/** What `state_max` bounds together. */
export type Kind = 'unsent' | 'spilled' | 'deadLetters';

/** Bytes counted for a row beside its message. */
const ROW = 200;

/** The bytes that a row of `columns` counts as, in SQL. */
export const SQL_BYTES = `octet_length(head) + octet_length(data) + coalesce(octet_length(correlation), 0) + ${ROW}`;

/** {@link SQL_BYTES} of a row that is to be written. */
export function bytesOf({ head, data, correlation }: MessageColumns): number {
  return Buffer.byteLength(head) + data.byteLength + (correlation?.byteLength ?? 0) + ROW;
}

export interface Size {
  readonly bytes: number;
  readonly unsent: number;
  readonly spilled: number;
  readonly deadLetters: number;
}

/** What the journal holds, kept in memory in step with the commits. */
export class Usage {
  readonly max: number;
  #bytes: number;
  readonly #rows: Record<Kind, number>;
  readonly #onChange: (full: boolean, bytes: number) => void;
  #full = false;

  constructor(found: Size, max: number, onChange: (full: boolean, bytes: number) => void) {
    this.max = max;
    this.#bytes = found.bytes;
    this.#rows = { unsent: found.unsent, spilled: found.spilled, deadLetters: found.deadLetters };
    this.#onChange = onChange;
  }

  change(kind: Kind, rows: number, bytes: number): void {
    this.#rows[kind] += rows;
    this.#bytes += bytes;
  }

  /** After each commit; below nine tenths the journal has room again. */
  check(): void {
    const full = this.#bytes >= (this.#full ? 0.9 * this.max : this.max);
    if (full === this.#full) return;
    this.#full = full;
    this.#onChange(full, this.#bytes);
  }

  size(): Size & { readonly max: number } {
    return { bytes: this.#bytes, max: this.max, ...this.#rows };
  }
}
