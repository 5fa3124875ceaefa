import type { CallCells } from '../exchange/cells.ts';

/**
 * Which call's guest code runs, told to the main thread. Code that may run goes on some microtasks later, so that a
 * call has the CPU alone until it waits, ends, or the event loop turns: else another could be blamed for its loop.
 * An async function goes on some turns later, so a call that neither waits nor has ended is taken to be on the CPU
 * again as soon as no other one is.
 */
export class Cpu {
  readonly #cells: CallCells;
  /** One for each call that is ready to run. */
  readonly #ready: { readonly cell: number; go(): void }[] = [];
  /** Cells of calls that may run and have not left since, the latest last: rarely more than one. */
  readonly #runnable: number[] = [];
  #holder: number | undefined;
  /** The holder has the CPU alone until the event loop turns. */
  #alone = false;

  constructor(cells: CallCells) {
    this.#cells = cells;
  }

  /** Calls `go` when the guest code of the call in `cell` may run: at once, or later. It runs none itself. */
  enter(cell: number, go: () => void): void {
    this.#ready.push({ cell, go });
    if (this.#holder === undefined || !this.#alone) this.#next();
  }

  /** The call in `cell` waits or has ended. */
  leave(cell: number): void {
    this.#stops(cell);
    if (this.#holder === cell) this.#next();
  }

  #stops(cell: number): void {
    if (this.#runnable.at(-1) === cell) {
      this.#runnable.pop();
      return;
    }
    const at = this.#runnable.lastIndexOf(cell);
    if (at >= 0) this.#runnable.splice(at, 1);
  }

  #next(): void {
    const next = this.#ready.shift();
    if (next !== undefined) {
      this.#take(next.cell);
      next.go();
      return;
    }
    const cell = this.#runnable.at(-1);
    this.#holder = cell;
    if (cell === undefined) this.#cells.leaveCpu();
    else this.#cells.enterCpu(cell);
  }

  #take(cell: number): void {
    this.#holder = cell;
    this.#cells.enterCpu(cell);
    this.#stops(cell);
    this.#runnable.push(cell);
    this.#turn();
  }

  /** Whatever could run of a function that is not async has run when the event loop turns. */
  #turn(): void {
    if (this.#alone) return;
    this.#alone = true;
    setImmediate(() => {
      this.#alone = false;
      if (this.#ready.length > 0) this.#next();
    });
  }
}
