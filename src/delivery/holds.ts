import type { Subscriber } from '../broker.ts';

/** Holds intake back for as long as there is a reason to. */
export class Holds {
  readonly #reasons = new Set<string>();
  readonly #subscriber: () => Pick<Subscriber, 'pause' | 'resume'> | undefined;

  constructor(subscriber: () => Pick<Subscriber, 'pause' | 'resume'> | undefined) {
    this.#subscriber = subscriber;
  }

  add(reason: string): void {
    if (this.#reasons.size === 0) this.#subscriber()?.pause();
    this.#reasons.add(reason);
  }

  remove(reason: string): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#subscriber()?.resume();
  }

  /** For a session that is opened while there are reasons already. */
  apply(): void {
    if (this.#reasons.size > 0) this.#subscriber()?.pause();
  }
}
