import { type BackoffOptions, backoffDelay } from '../../../backoff.ts';

const BACKOFF: BackoffOptions = { initial: 500, max: 30_000, jitter: 0.2 };

/**
 * The pause after "quota exceeded" [MQTT 5, 3.4.2.1, 3.5.2.1]: nothing is sent until it is over, and then one publish at
 * a time until the broker has taken one, so that what was refused is not overtaken.
 */
export class Quota {
  readonly #over: () => void;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #probing = false;

  constructor(over: () => void) {
    this.#over = over;
  }

  get exceeded(): boolean {
    return this.#timer !== undefined;
  }

  get probing(): boolean {
    return this.#probing;
  }

  /** Refusals while it lasts, which the same burst has caused, prolong nothing. */
  exceed(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#probing = true;
        this.#over();
      },
      backoffDelay(BACKOFF, ++this.#failures),
    );
  }

  /** The broker answered a publish otherwise. */
  passed(): void {
    this.#probing = false;
    if (this.#timer === undefined) this.#failures = 0;
  }

  stop(): void {
    this.#probing = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
