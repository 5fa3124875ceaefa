import { HostError, messageOf } from '../../errors.ts';

/** How long after its time a driver's promise may settle, in milliseconds: timers run late on a busy machine. */
export const GRACE = 5_000;

const LATE = Symbol('late');

/** One session of a driver that is not ours: its first mistake, or the error it reports, is its end. */
export class Contract {
  readonly #place: string;
  readonly #failed: (error: HostError) => void;
  readonly #ended = Promise.withResolvers<void>();
  #over = false;

  /** `place` begins every message. `failed` is called at most once. */
  constructor(place: string, failed: (error: HostError) => void) {
    this.#place = place;
    this.#failed = failed;
  }

  /** What the driver still says of the session counts for nothing. */
  get over(): boolean {
    return this.#over;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  end(): void {
    this.#over = true;
    this.#ended.resolve();
  }

  fail(thrown: unknown): void {
    if (this.#over) return;
    this.end();
    const error =
      thrown instanceof HostError
        ? thrown
        : new HostError('ERR_BROKER_DRIVER', `${this.#place}: ${messageOf(thrown)}`, { cause: thrown });
    this.#failed(error);
  }

  broken(what: string, cause?: unknown): void {
    const text = `${this.#place}: the driver broke its contract: ${what}`;
    this.fail(new HostError('ERR_BROKER_DRIVER', text, { cause }));
  }

  /** What a call of the driver returns; `otherwise` where it throws. */
  call<T>(name: string, run: () => T, otherwise: T): T {
    try {
      return run();
    } catch (thrown) {
      this.broken(`${name} threw: ${messageOf(thrown)}`, thrown);
      return otherwise;
    }
  }

  /** Whether what the driver says is as it has to be; `fault` finds what is not. */
  accepts(name: string, fault: () => string | undefined): boolean {
    const found = this.call(name, fault, undefined);
    if (found !== undefined) this.broken(`${name}: ${found}`);
    return !this.#over;
  }

  /** What the driver answers within `timeout` milliseconds; `otherwise` where it throws, rejects or does not answer. */
  async within<T>(name: string, timeout: number, run: () => Promise<T>, otherwise: T): Promise<T> {
    const late = Promise.withResolvers<typeof LATE>();
    const timer = setTimeout(late.resolve, timeout, LATE);
    try {
      const answer = await Promise.race([run(), late.promise]);
      if (answer !== LATE) return answer;
      this.broken(`${name} had not settled after ${timeout / 1000} s`);
    } catch (thrown) {
      this.broken(`${name} rejected: ${messageOf(thrown)}`, thrown);
    } finally {
      clearTimeout(timer);
    }
    return otherwise;
  }

  /**
   * A promise of the host's, for the driver. Where the host cannot go on, or the session is over, it stays pending: a
   * driver that does not expect a rejection would end the process by it.
   */
  async relay<T>(promise: Promise<T>): Promise<T> {
    try {
      const value = await promise;
      if (!this.#over) return value;
    } catch (thrown) {
      this.fail(thrown);
    }
    return new Promise(() => {});
  }
}
