import type { Subscriber } from '../broker.ts';
import type { Subscription } from './subscription.ts';

/**
 * Hands a session's share over: unsubscribes, then waits until what the broker had queued was handled. Unsubscribing
 * first hands over exactly: from then on the others of a group get everything new (DELIVERY, "Stopping").
 */
export class Leaving {
  #arrivals = 0;
  #waiting: (() => void)[] = [];

  arrived(): void {
    this.#arrivals++;
  }

  /** Everything that came may be handled, or the connection is lost. */
  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * True where nothing is left at the broker and `isIdle` says that nothing is left here; false at `deadline`, or where
   * the session is not up.
   */
  async run(
    subscriber: Subscriber,
    subscription: Subscription,
    isIdle: () => boolean,
    deadline: number,
  ): Promise<boolean> {
    const over = Promise.withResolvers<false>();
    const timer = setTimeout(() => over.resolve(false), Math.max(0, deadline - performance.now()));
    try {
      return await Promise.race([this.#leave(subscriber, subscription, isIdle), over.promise]);
    } catch {
      // The connection was lost, or the broker refuses: what it holds, it keeps.
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  async #leave(subscriber: Subscriber, subscription: Subscription, isIdle: () => boolean): Promise<boolean> {
    await subscription.unsubscribe(subscriber);
    for (;;) {
      if (!isIdle()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const before = this.#arrivals;
      // What the broker sends for the last acknowledgements comes before its answer to a ping.
      if (!(await subscriber.sync())) return false;
      if (this.#arrivals === before && isIdle()) return true;
    }
  }
}
