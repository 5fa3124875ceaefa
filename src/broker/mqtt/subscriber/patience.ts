/** Milliseconds, and how many of them make up the second that one may wait. */
const STEP = 250;
const STEPS = 4;

/**
 * Runs out once one thing has been waited for for a second, up to a quarter more. In a flood nearly every message waits
 * for a moment, and to begin a timer anew costs as much as to find out what the message is: so this one goes on.
 */
export class Patience {
  readonly #over: () => void;
  #timer: NodeJS.Timeout | undefined;
  #left = STEPS;
  #isRenewed = false;

  constructor(over: () => void) {
    this.#over = over;
  }

  /** Begins, unless it has. */
  begin(): void {
    if (this.#timer !== undefined) return;
    [this.#left, this.#isRenewed] = [STEPS, false];
    this.#timer = setInterval(() => this.#step(), STEP);
  }

  /** Something else is waited for. */
  renew(): void {
    if (this.#timer === undefined) this.begin();
    else this.#isRenewed = true;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #step(): void {
    if (this.#isRenewed) [this.#left, this.#isRenewed] = [STEPS, false];
    else if (--this.#left === 0) {
      this.stop();
      this.#over();
    }
  }
}
