/** Milliseconds between two looks at how far the calls of a busy worker have come, and of one whose calls wait. */
const OFTEN = 25;
const SELDOM = 1000;

/** When the calls of a worker are looked at. */
export class Watch {
  readonly #look: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** Of the timer, while it runs: not where there are no calls, or a command that waits for messages. */
  #pace: number | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  get isOn(): boolean {
    return this.#pace !== undefined;
  }

  often(): void {
    this.#at(OFTEN);
  }

  seldom(): void {
    this.#at(SELDOM);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#pace = undefined;
  }

  #at(pace: number): void {
    if (this.#pace === pace) return;
    clearInterval(this.#timer);
    this.#pace = pace;
    this.#timer = setInterval(this.#look, pace);
  }
}
