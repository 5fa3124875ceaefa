import type { GuestPool } from '../guest.ts';
import { Fifo } from './fifo.ts';

/** Shares the pool's capacity among bindings, first come first served. */
export class Dispatcher {
  readonly #pool: GuestPool;
  readonly #waiting = new Fifo<() => Promise<void>>();
  readonly #idle: (() => void)[] = [];
  #running = 0;
  #stopped = false;

  constructor(pool: GuestPool) {
    this.#pool = pool;
  }

  /** Runs `task` when the pool has room. A task never rejects; one that waits when {@link stop} is called never runs. */
  submit(task: () => Promise<void>): void {
    if (this.#stopped) return;
    if (this.#running < this.#pool.capacity) this.#start(task);
    else this.#waiting.push(task);
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** Resolves when no task runs, or after `timeout` milliseconds. */
  async whenIdle(timeout: number): Promise<void> {
    if (this.#running === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeout);
    this.#idle.push(resolve);
    await promise;
    clearTimeout(timer);
  }

  #start(task: () => Promise<void>): void {
    this.#running++;
    void task().finally(() => this.#ended());
  }

  #ended(): void {
    this.#running--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
    else if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
