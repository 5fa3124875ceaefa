import type { Publisher } from '../types.ts';

/** Lets callers wait for a publisher's session with a deadline, at the cost of one pending promise for each publisher. */
export class OnlineGate {
  readonly #waiting = new Map<Publisher, Set<() => void>>();

  /** Whether the session came up within `timeout` milliseconds. */
  wait(publisher: Publisher, timeout: number): Promise<boolean> {
    const waiters = this.#waitersOf(publisher);
    return new Promise((resolve) => {
      const settle = (online: boolean) => {
        clearTimeout(timer);
        waiters.delete(wake);
        resolve(online);
      };
      const wake = () => settle(true);
      const timer = setTimeout(() => settle(false), timeout);
      waiters.add(wake);
    });
  }

  #waitersOf(publisher: Publisher): Set<() => void> {
    const known = this.#waiting.get(publisher);
    if (known !== undefined) return known;
    const waiters = new Set<() => void>();
    this.#waiting.set(publisher, waiters);
    void publisher.whenOnline().then(() => {
      this.#waiting.delete(publisher);
      for (const wake of [...waiters]) wake();
    });
    return waiters;
  }
}
