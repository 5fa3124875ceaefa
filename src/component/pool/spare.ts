import { type BackoffOptions, backoffDelay } from '../../backoff.ts';
import { takeEarly } from './early.ts';
import { Thread, type ThreadOptions, type ThreadSetup } from './thread.ts';

const CRASH_BACKOFF: BackoffOptions = { initial: 100, max: 30_000, jitter: 0.2 };

/** Milliseconds until the first spare is made: what starts now connects meanwhile, and has the CPU to itself. */
const SPARE_AFTER = 500;

/** Makes threads, and keeps one spare so that a replacement is there at once, whichever of the workers needs it. */
export class Spares {
  readonly #options: ThreadOptions & ThreadSetup;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #ending = new Set<Promise<void>>();
  #spare: Thread | undefined;
  #spareDue = false;
  #closed = false;

  constructor(options: ThreadOptions & ThreadSetup) {
    this.#options = options;
  }

  /**
   * A thread for `use`: at once, or after a delay where the last `failures` threads of this place have died without
   * having done anything.
   */
  take(failures: number, use: (thread: Thread) => void): void {
    if (failures === 0) {
      this.#hand(use);
      return;
    }
    this.#later(backoffDelay(CRASH_BACKOFF, failures), () => this.#hand(use));
  }

  /** A thread has done something, so that the component can be loaded: soon a spare stands by. */
  succeeded(): void {
    if (this.#closed || this.#spareDue || this.#spare !== undefined) return;
    this.#spareDue = true;
    this.#later(SPARE_AFTER, () => {
      this.#spareDue = false;
      this.#keepSpare();
    });
  }

  retire(thread: Thread): void {
    const ending = thread.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Ends the spare and waits for every thread that was retired. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#spare !== undefined) this.retire(this.#spare);
    this.#spare = undefined;
    await Promise.all(this.#ending);
  }

  #later(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #hand(use: (thread: Thread) => void): void {
    const spare = this.#spare;
    this.#spare = undefined;
    // A spare that has died says that the next would, too.
    const usable = spare !== undefined && !spare.over;
    use(usable ? spare : this.#make());
    if (usable) this.#keepSpare();
  }

  #keepSpare(): void {
    if (this.#closed || this.#spare !== undefined) return;
    this.#spare = this.#make();
  }

  #make(): Thread {
    const thread = takeEarly(this.#options) ?? new Thread(this.#options);
    thread.setUp(this.#options);
    return thread;
  }
}
