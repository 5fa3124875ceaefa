import { CELLS } from '../cells.ts';
import type { Held } from './held.ts';

/**
 * The calls that a worker holds, by their cells. A `Map` of them would leave tables behind, which hold the messages of
 * all of them until the next full collection; this one holds but numbers.
 */
export class HeldCalls {
  readonly #byCell: (Held | undefined)[] = new Array(CELLS).fill(undefined);
  /** Id to cell. */
  readonly #cells = new Map<number, number>();

  get size(): number {
    return this.#cells.size;
  }

  get(id: number): Held | undefined {
    const cell = this.#cells.get(id);
    return cell === undefined ? undefined : this.#byCell[cell];
  }

  add(held: Held): void {
    this.#cells.set(held.id, held.cell);
    this.#byCell[held.cell] = held;
  }

  /** False where it is not in it. */
  delete({ id, cell }: Held): boolean {
    if (!this.#cells.delete(id)) return false;
    this.#byCell[cell] = undefined;
    return true;
  }

  /** All, in the order of submission. */
  all(): Held[] {
    return this.#byCell.filter((held) => held !== undefined).sort((a, b) => a.id - b.id);
  }
}
