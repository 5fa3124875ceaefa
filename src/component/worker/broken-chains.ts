import { CELLS } from '../exchange/cells.ts';

/**
 * The chains of which a call has failed, as long as calls of them can come. Whoever sends calls stops when it reads of
 * the failure, and until then has at most {@link CELLS} calls here: no more chains than that can break meanwhile.
 */
export class BrokenChains {
  readonly #ids = new Set<number>();

  has(chain: number): boolean {
    return this.#ids.size > 0 && this.#ids.has(chain);
  }

  /** 0 is no chain. */
  add(chain: number): void {
    if (chain === 0) return;
    this.#ids.add(chain);
    if (this.#ids.size <= 2 * CELLS) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
