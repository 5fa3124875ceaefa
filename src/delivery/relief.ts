import { failpoint } from '#failpoint';
import { contentTypeOf } from '../events/index.ts';
import type { Inbox } from '../journal.ts';
import type { Arrival } from './arrival.ts';
import type { Lanes } from './lanes.ts';

/**
 * How long a message that is retried may hold up the acknowledgements of others, in milliseconds. A broker's own window
 * is not known and may be as small as one message, so a half full window of ours does not always come.
 */
const PATIENCE = 250;

export interface ReliefParts {
  readonly lanes: Pick<Lanes, 'hasSpillable' | 'takeSpillable'>;
  readonly inbox: Pick<Inbox, 'spill'>;
  readonly isCrowded: () => boolean;
  /** They are in the journal now, and their rows are known. */
  readonly spilled: (arrivals: readonly Arrival[]) => void;
}

/** Keeps a message that is retried from holding up the acknowledgements of others (DELIVERY, "Redelivery"). */
export class Relief {
  readonly #parts: ReliefParts;
  #patience: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ReliefParts) {
    this.#parts = parts;
  }

  /** To be called whenever something has come that may be spilled, or that crowds the window. */
  relieve(): void {
    if (this.#stopped || !this.#parts.lanes.hasSpillable) return;
    if (this.#parts.isCrowded()) this.#spill();
    else
      this.#patience ??= setTimeout(() => {
        this.#patience = undefined;
        this.#spill();
      }, PATIENCE);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#patience);
  }

  #spill(): void {
    const { lanes, inbox, spilled } = this.#parts;
    const arrivals = lanes.takeSpillable();
    if (arrivals.length === 0) return;
    failpoint('spill.decided');
    const spills = arrivals.map((arrival) => arrival.toSpill(contentTypeOf(arrival.content, arrival.event)));
    const spilling = inbox.spill(spills).then((rows) => {
      failpoint('spill.committed');
      for (const [index, arrival] of arrivals.entries()) {
        arrival.row = rows[index];
        arrival.spilling = undefined;
      }
      spilled(arrivals);
    });
    for (const arrival of arrivals) arrival.spilling = spilling;
    // Where the journal fails it says so itself, and they stay with the broker.
    spilling.catch(() => {});
  }
}
