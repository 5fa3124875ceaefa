import type { CallCells } from '../cells.ts';

/**
 * Which call's guest code runs, told to the main thread. Code that may run goes on some microtasks later, so that a
 * call has the CPU alone until it waits, ends, or the event loop turns: else another could be blamed for its loop.
 */
export class Cpu {
  readonly #cells: CallCells;
  /** One for each call that is ready to run. */
  readonly #ready: { readonly cell: number; resolve(): void }[] = [];
  #holder: number | undefined;
  #scheduled = false;

  constructor(cells: CallCells) {
    this.#cells = cells;
  }

  /** Resolves when the guest code of the call in `cell` may run. */
  enter(cell: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ready.push({ cell, resolve });
    if (this.#holder === undefined) this.#next();
    return promise;
  }

  /** The call in `cell` waits or has ended. */
  leave(cell: number): void {
    if (this.#holder === cell) this.#next();
  }

  #next(): void {
    const next = this.#ready.shift();
    this.#holder = next?.cell;
    if (next === undefined) {
      this.#cells.leaveCpu();
      return;
    }
    this.#cells.enterCpu(next.cell);
    next.resolve();
    this.#turn();
  }

  /** Whatever could run has run when the event loop turns. */
  #turn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#next();
    });
  }
}
