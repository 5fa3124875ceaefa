import { type BackoffOptions, backoffDelay } from '../../backoff.ts';
import { Thread, type ThreadOptions } from './thread.ts';

const CRASH_BACKOFF: BackoffOptions = { initial: 100, max: 30_000, jitter: 0.2 };

/**
 * Makes threads, and keeps one spare so that a replacement is there at once. Threads that die without having done
 * anything are replaced more and more slowly.
 */
export class Spares {
  readonly #options: ThreadOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #ending = new Set<Promise<void>>();
  #spare: Thread | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** A thread for `use`: at once, or after a delay where threads have been failing. */
  take(use: (thread: Thread) => void): void {
    if (this.#failures === 0) {
      this.#hand(use);
      return;
    }
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#hand(use);
      },
      backoffDelay(CRASH_BACKOFF, this.#failures),
    );
    this.#timers.add(timer);
  }

  /** A thread has done something: the next one to be replaced is replaced at once. */
  succeeded(): void {
    this.#failures = 0;
    this.#keepSpare();
  }

  /** A thread has died by itself. */
  failed(): void {
    this.#failures++;
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

  #hand(use: (thread: Thread) => void): void {
    const spare = this.#spare;
    this.#spare = undefined;
    use(spare === undefined || spare.over ? new Thread(this.#options) : spare);
    if (this.#failures === 0 && spare !== undefined) this.#keepSpare();
  }

  #keepSpare(): void {
    if (this.#closed || this.#spare !== undefined) return;
    this.#spare = new Thread(this.#options);
  }
}
