import { CELLS } from '../cells.ts';
import type { Held } from './held.ts';

/** Twice as many as there are cells, so that searches are short; a power of two. */
const PLACES = 2 * CELLS;
const FREE = -1;

/**
 * The calls that a worker holds, by their cells. A `Map` of them would leave tables behind, each of which leads to the
 * next: one that has grown old keeps all that came after it until the next full collection.
 */
export class HeldCalls {
  readonly #byCell: (Held | undefined)[] = new Array(CELLS).fill(undefined);
  /** Cells by the ids of their calls: open addressing, the search goes up from the id's own place. */
  readonly #places = new Int16Array(PLACES).fill(FREE);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Held | undefined {
    return this.#held(this.#find(id));
  }

  add(held: Held): void {
    let at = placeOf(held.id);
    while (this.#places[at] !== FREE) at = next(at);
    this.#places[at] = held.cell;
    this.#byCell[held.cell] = held;
    this.#size++;
  }

  /** False where it is not in it. */
  delete({ id, cell }: Held): boolean {
    const at = this.#find(id);
    if (this.#held(at) === undefined) return false;
    this.#close(at);
    this.#byCell[cell] = undefined;
    this.#size--;
    return true;
  }

  /** All, in the order of submission. */
  all(): Held[] {
    return this.#byCell.filter((held) => held !== undefined).sort((a, b) => a.id - b.id);
  }

  #held(at: number): Held | undefined {
    const cell = this.#places[at] ?? FREE;
    return cell === FREE ? undefined : this.#byCell[cell];
  }

  /** Its place, or the free one at which the search for it ends. */
  #find(id: number): number {
    let at = placeOf(id);
    for (let held = this.#held(at); held !== undefined && held.id !== id; held = this.#held(at)) at = next(at);
    return at;
  }

  /** Frees a place: what lies behind it, and was sought from in front of it, moves up. */
  #close(free: number): void {
    let gap = free;
    for (let at = next(gap), held = this.#held(at); held !== undefined; at = next(at), held = this.#held(at)) {
      const wanted = placeOf(held.id);
      if (distance(wanted, at) < distance(gap, at)) continue;
      this.#places[gap] = held.cell;
      gap = at;
    }
    this.#places[gap] = FREE;
  }
}

function placeOf(id: number): number {
  return id & (PLACES - 1);
}

function next(at: number): number {
  return (at + 1) & (PLACES - 1);
}

/** Upwards. */
function distance(from: number, to: number): number {
  return (to - from) & (PLACES - 1);
}
