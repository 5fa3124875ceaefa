import type { CallCells } from '../cells.ts';

/**
 * Which call's guest code runs, told to the main thread. Code that may run goes on some microtasks later, so that a
 * call has the CPU alone until it waits, ends, or the event loop turns: else another could be blamed for its loop.
 * An async function goes on some turns later, so a call that neither waits nor has ended is taken to be on the CPU
 * again as soon as no other one is.
 */
export class Cpu {
  readonly #cells: CallCells;
  /** One for each call that is ready to run. */
  readonly #ready: { readonly cell: number; resolve(): void }[] = [];
  /** Cells of calls that may run and have not left since, the latest last. */
  readonly #runnable = new Set<number>();
  #holder: number | undefined;
  /** The holder has the CPU alone until the event loop turns. */
  #alone = false;

  constructor(cells: CallCells) {
    this.#cells = cells;
  }

  /** Resolves when the guest code of the call in `cell` may run. */
  enter(cell: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ready.push({ cell, resolve });
    if (this.#holder === undefined || !this.#alone) this.#next();
    return promise;
  }

  /** The call in `cell` waits or has ended. */
  leave(cell: number): void {
    this.#runnable.delete(cell);
    if (this.#holder === cell) this.#next();
  }

  #next(): void {
    const next = this.#ready.shift();
    const cell = next?.cell ?? (this.#runnable.size > 0 ? [...this.#runnable].at(-1) : undefined);
    this.#holder = cell;
    if (cell === undefined) {
      this.#cells.leaveCpu();
      return;
    }
    this.#cells.enterCpu(cell);
    if (next === undefined) return;
    this.#runnable.delete(cell);
    this.#runnable.add(cell);
    next.resolve();
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
