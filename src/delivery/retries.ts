import { failpoint } from '#failpoint';
import type { Inbox } from '../journal.ts';
import type { Arrival } from './arrival.ts';

/** Messages that wait for their next attempt, and how many each has had. */
export class Retries {
  readonly #inbox: Pick<Inbox, 'failed' | 'failedSpilled'>;
  readonly #run: (arrival: Arrival) => void;
  readonly #timers = new Map<Arrival, NodeJS.Timeout>();

  constructor(inbox: Pick<Inbox, 'failed' | 'failedSpilled'>, run: (arrival: Arrival) => void) {
    this.#inbox = inbox;
    this.#run = run;
  }

  /** Runs it again after `delay` milliseconds. */
  wait(arrival: Arrival, delay: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(arrival);
      this.#run(arrival);
    }, delay);
    this.#timers.set(arrival, timer);
  }

  /** Gives up the next attempt of one that waits for it; false where it does not. */
  drop(arrival: Arrival): boolean {
    clearTimeout(this.#timers.get(arrival));
    return this.#timers.delete(arrival);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Journals the failed attempts, so that a restart does not forget them. Never rejects. */
  async remember(arrival: Arrival): Promise<void> {
    const { attempts, firstAt } = arrival;
    failpoint('attempt.decided');
    arrival.remembering = true;
    try {
      if (arrival.spilling !== undefined) await arrival.spilling;
      const { row, id } = arrival;
      if (row !== undefined) await this.#inbox.failedSpilled(row, { attempts, firstAt });
      else if (id !== undefined) await this.#inbox.failed(id, { attempts, firstAt });
    } catch {
      // The journal reports its own failure, which stops the host.
      return;
    }
    arrival.remembering = false;
    failpoint('attempt.committed');
  }
}
