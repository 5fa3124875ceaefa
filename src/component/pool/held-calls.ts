import { CELLS } from '../exchange/cells.ts';
import type { Held } from './held.ts';

/** Of the lowest bits of an id: more than there are cells, so that ids in a row have places of their own. */
const MASK = 8 * CELLS - 1;

/**
 * The calls that a worker holds, by their cells. A `Map` of them would leave tables behind, which hold the messages of
 * all of them until the next full collection.
 */
export class HeldCalls {
  readonly #byCell: (Held | undefined)[] = new Array(CELLS).fill(undefined);
  /** By the lowest bits of an id, the cell of the last call that has these. */
  readonly #cells = new Uint8Array(MASK + 1);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  get(id: number): Held | undefined {
    const held = this.#byCell[this.#cells[id & MASK] ?? 0];
    return held?.id === id ? held : this.#byCell.find((other) => other?.id === id);
  }

  at(cell: number): Held | undefined {
    return this.#byCell[cell];
  }

  add(held: Held): void {
    this.#cells[held.id & MASK] = held.cell;
    this.#byCell[held.cell] = held;
    this.#count++;
  }

  /** False where it is not in it. */
  delete(held: Held): boolean {
    if (this.#byCell[held.cell] !== held) return false;
    this.#byCell[held.cell] = undefined;
    this.#count--;
    return true;
  }

  /** All, in the order of submission. */
  all(): Held[] {
    return this.#byCell.filter((held) => held !== undefined).sort((a, b) => a.id - b.id);
  }
}
