import { type CellState, monotonicNow } from '../exchange/cells.ts';
import type { Held } from './held.ts';
import type { Thread } from './thread.ts';

/** Milliseconds without a sign of life that any worker is granted. */
const PATIENCE = 1_000;

/**
 * Whether a worker takes up its calls: guest code can go on after its call has ended, and beside a read of a stream, so
 * that no call runs and the event loop does not rest either.
 */
export class Liveness {
  /** What the worker's progress was last, and how long it had been idle in all, and since when. */
  #alive = { progress: 0, idle: 0, since: 0 };

  restart(): void {
    this.#alive = { progress: 0, idle: 0, since: 0 };
  }

  /** For how many milliseconds it has taken up nothing, where that is too long; undefined where all is well. */
  stuckFor({ cells, idle }: Thread, held: readonly Held[], starting: boolean): number | undefined {
    const now = monotonicNow();
    const { progress } = cells;
    const [oldest] = held;
    const some = (state: CellState) => held.some(({ cell }) => cells.state(cell) === state);
    const rests = idle !== this.#alive.idle && some('waiting');
    const busy = starting || some('running') || rests;
    if (progress !== this.#alive.progress || progress === 0 || oldest === undefined || busy) {
      this.#alive = { progress, idle, since: now };
      return undefined;
    }
    const patience = Math.max(oldest.timeout, PATIENCE);
    return now - this.#alive.since > patience ? patience : undefined;
  }
}
