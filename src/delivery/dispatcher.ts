import type { GuestPool } from '../guest.ts';
import { Fifo } from './fifo.ts';

/** How often a hold is looked at again while tasks wait for its end, in milliseconds. */
const HOLD_CHECK = 100;

/** Works on an item and says once that it is over; never throws. */
export type Task<T> = (item: T, over: () => void) => void;

/** Shares a capacity, such as the pool's, among bindings, first come first served. */
export class Dispatcher {
  readonly #pool: Pick<GuestPool, 'capacity'>;
  readonly #waiting = new Fifo<() => void>();
  readonly #idle: (() => void)[] = [];
  readonly #over = () => this.#ended();
  #running = 0;
  #starting = false;
  #stopped = false;
  #isHeld: (() => boolean) | undefined;
  #checking: NodeJS.Timeout | undefined;

  constructor(pool: Pick<GuestPool, 'capacity'>) {
    this.#pool = pool;
  }

  /** Runs `task` when the pool has room. One that waits when {@link stop} is called never runs. */
  submit<T>(task: Task<T>, item: T): void {
    if (this.#stopped) return;
    if (this.#hasRoom()) this.goOn(task, item);
    else this.#waiting.push(() => this.goOn(task, item));
  }

  /** Runs a task whose part in the capacity is taken already: also while held, and after {@link stop}. */
  goOn<T>(task: Task<T>, item: T): void {
    this.#running++;
    task(item, this.#over);
  }

  /** Whether a task would be started at once. */
  get hasRoom(): boolean {
    return !this.#stopped && this.#waiting.length === 0 && this.#hasRoom();
  }

  /** Starts nothing as long as `isHeld` says so; undefined ends that. */
  holdWhile(isHeld: (() => boolean) | undefined): void {
    clearTimeout(this.#checking);
    this.#isHeld = isHeld;
    this.#startWaiting();
    if (isHeld !== undefined) this.#check();
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#checking);
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

  #hasRoom(): boolean {
    return this.#running < this.#pool.capacity && this.#isHeld?.() !== true;
  }

  #check(): void {
    this.#checking = setTimeout(() => {
      this.#startWaiting();
      this.#check();
    }, HOLD_CHECK).unref();
  }

  #startWaiting(): void {
    // A task may be over as soon as it begins: the loop that began it goes on.
    if (this.#starting) return;
    this.#starting = true;
    try {
      while (this.#waiting.length > 0 && this.#hasRoom()) this.#waiting.shift()?.();
    } finally {
      this.#starting = false;
    }
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #ended(): void {
    this.#running--;
    this.#startWaiting();
  }
}
