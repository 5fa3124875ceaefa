/** A longer line is handed on in pieces of this many bytes. */
export const LONGEST_LINE = 16_384;
const NEWLINE = 0x0a;

/**
 * Cuts what a guest writes into lines; empty ones are dropped. What has no newline yet is kept until one comes, and handed on as a line of its
 * own when the turn of the event loop ends or at {@link LONGEST_LINE}. A flush does not cut: C libraries flush each
 * piece of a line.
 */
export class LineSink {
  readonly #emit: (line: string) => void;
  #kept: Uint8Array[] = [];
  #size = 0;
  #scheduled = false;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  write(bytes: Uint8Array): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#keep(bytes.subarray(start, end));
      this.#cut();
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    if (this.#size > 0) this.#endWithTurn();
  }

  #keep(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.#size + rest.length > LONGEST_LINE) {
      const room = LONGEST_LINE - this.#size;
      this.#add(rest.subarray(0, room));
      this.#cut();
      rest = rest.subarray(room);
    }
    if (rest.length > 0) this.#add(rest);
  }

  #add(bytes: Uint8Array): void {
    this.#kept.push(new Uint8Array(bytes));
    this.#size += bytes.length;
  }

  #cut(): void {
    const line = Buffer.concat(this.#kept).toString('utf8');
    this.#kept = [];
    this.#size = 0;
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text !== '') this.#emit(text);
  }

  #endWithTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#size > 0) this.#cut();
    });
  }
}
