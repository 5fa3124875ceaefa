const BYTES = 65_536;
const ENTRIES = 1_000;

/** What a string takes, in bytes, at most. */
export function sizeOfText(text: string | undefined): number {
  return (text?.length ?? 0) * 2;
}

/**
 * Bounds what one guest instance may leave with the host in requests, responses and fields: it lies outside of the
 * guest's memory, whose cap does not see it.
 */
export class Store {
  #bytes = 0;
  #entries = 0;

  /** Counts in what is to be kept; false, and nothing is counted, where that is too much. */
  take(bytes: number, entries: number): boolean {
    if (this.#bytes + bytes > BYTES || this.#entries + entries > ENTRIES) return false;
    this.#bytes += bytes;
    this.#entries += entries;
    return true;
  }

  give(bytes: number, entries: number): void {
    this.#bytes -= bytes;
    this.#entries -= entries;
  }
}
