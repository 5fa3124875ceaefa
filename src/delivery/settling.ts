import { failpoint } from '#failpoint';
import type { Inbox, Settlement } from '../journal.ts';
import type { Telemetry } from '../status.ts';
import type { Arrival } from './arrival.ts';

/** What a message's handling comes to. */
export type Effects = Partial<Pick<Settlement, 'publishes' | 'handled' | 'deadLetter'>>;

export interface SettlingParts {
  readonly inbox: Pick<Inbox, 'settle'>;
  readonly telemetry: Telemetry;
}

export interface SettlingHooks {
  /**
   * Its result has its place in the journal's order: what comes after it may run. Not one that was spilled, whose row is
   * there until the commit.
   */
  decided(arrival: Arrival): void;
  /** Its result is in the journal, as far as it has to be: it may be acknowledged. */
  settled(arrival: Arrival): void;
}

function needsCommit({ row, attempts, identified, content }: Arrival, effects: Effects): boolean {
  if (row !== undefined || attempts > 0 || (identified && content.qos === 2)) return true;
  const { publishes, handled, deadLetter } = effects;
  return (publishes !== undefined && publishes.length > 0) || handled !== undefined || deadLetter !== undefined;
}

/** The commit of a message's result, where there is anything to commit (DELIVERY, rule 3). */
export class Settling {
  readonly #parts: SettlingParts;
  readonly #hooks: SettlingHooks;

  constructor(parts: SettlingParts, hooks: SettlingHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /** Settles what leaves nothing in the journal, so that there is nothing to wait for; false where there is. */
  settleNow(arrival: Arrival, effects: Effects): boolean {
    if (arrival.spilling !== undefined || needsCommit(arrival, effects)) return false;
    failpoint('in.handled');
    arrival.settling = true;
    failpoint('in.committed');
    this.#hooks.settled(arrival);
    return true;
  }

  /** @throws what the journal fails with, which it reports itself: the message stays where it is. */
  async settle(arrival: Arrival, effects: Effects): Promise<void> {
    failpoint('in.handled');
    arrival.settling = true;
    if (arrival.spilling !== undefined) await arrival.spilling;
    if (needsCommit(arrival, effects)) await this.#commit(arrival, effects);
    failpoint('in.committed');
    for (const { event, broker } of effects.publishes ?? [])
      this.#parts.telemetry.report({ kind: 'published', topic: event.topic, qos: event.qos, broker });
    this.#hooks.settled(arrival);
  }

  async #commit(arrival: Arrival, { publishes = [], handled, deadLetter }: Effects): Promise<void> {
    const { row, attempts, identified, content } = arrival;
    const marker = identified && content.qos === 2;
    const id = marker || attempts > 0 ? arrival.id : undefined;
    const committed = this.#parts.inbox.settle({ id, marker, spilled: row, publishes, handled, deadLetter });
    if (row === undefined) this.#hooks.decided(arrival);
    await committed;
  }
}
