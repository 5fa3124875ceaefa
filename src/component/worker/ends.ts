import { type Exchange, entryOf } from '../exchange/exchange.ts';
import { MANY_ENDS } from '../exchange/protocol.ts';

/** Milliseconds until the main thread is told of ends that it does not wait for, should it not have looked by itself. */
const LATEST = 1;

/**
 * The ends of calls, in the exchange, and when the main thread is told of them. To wake it costs as much as several
 * calls, and while messages come it looks by itself: so it is told at once only of what it waits for.
 */
export class Ends {
  readonly #exchange: Pick<Exchange, 'results' | 'isAwaited'>;
  readonly #wake: () => void;
  #untold = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(exchange: Pick<Exchange, 'results' | 'isAwaited'>, wake: () => void) {
    this.#exchange = exchange;
    this.#wake = wake;
  }

  /** True where there are so many that it should be told now. */
  add(id: number, cell: number, byMessage: boolean): boolean {
    this.#exchange.results.put(entryOf(id, cell, byMessage));
    return ++this.#untold >= MANY_ENDS;
  }

  /** It looks anyway. */
  told(): void {
    this.#untold = 0;
  }

  tell(): void {
    if (this.#untold === 0) return;
    this.#untold = 0;
    const { results } = this.#exchange;
    if (!results.isRead && results.mustTell()) this.#wake();
  }

  /** The same, or a little later where it does not wait for them. */
  tellInTime(): void {
    if (this.#untold === 0) return;
    if (this.#exchange.isAwaited) this.tell();
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.tell();
      }, LATEST);
  }
}
