import type { OutboxRow, OutgoingEvent } from '../../journal.ts';
import type { QoS } from '../../types.ts';

/** Bytes of events that outboxes keep in memory together; what is beyond is read when it is sent. */
const EVENTS_MAX = 64 * 1024 * 1024;

/** Bounds the events that wait in memory to be sent. */
export class EventBudget {
  #left: number;

  constructor(max: number = EVENTS_MAX) {
    this.#left = max;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/** A row of the outbox as the driver holds it. */
export class OutboxEntry implements OutboxRow {
  readonly key: number;
  readonly qos: QoS;
  /** What it counts as in `state_max`. */
  readonly bytes: number;
  packetId = 0;
  released = false;
  again = false;
  /** It may have been sent on a connection of the session. */
  exposed = false;
  /** It has its place among the rows that may be sent, or gets it with the commit that is under way. */
  placed = false;
  #event: OutgoingEvent | undefined;
  #budget: EventBudget | undefined;

  constructor(key: number, qos: QoS, bytes: number) {
    this.key = key;
    this.qos = qos;
    this.bytes = bytes;
  }

  get event(): OutgoingEvent | undefined {
    return this.#event;
  }

  hold(event: OutgoingEvent, budget: EventBudget): void {
    if (!budget.take(this.bytes)) return;
    this.#event = event;
    this.#budget = budget;
  }

  /** The event is in the journal, and not needed soon. */
  letGo(): void {
    if (this.#budget === undefined) return;
    this.#budget.giveBack(this.bytes);
    this.#budget = undefined;
    this.#event = undefined;
  }
}
