import type { Inbox } from '../journal.ts';
import { matches } from '../topics.ts';
import { Arrival } from './arrival.ts';

/** What the lanes read of the journal. */
export type SpillStore = Pick<Inbox, 'spilledCount' | 'nextSpilledTopic' | 'spilled' | 'hasSpilled'>;

export interface LaneHooks {
  /** It may run now. */
  run(arrival: Arrival): void;
  /** Gives up a spilled message that waits for its next attempt, for it can be loaded again; false where it runs. */
  drop(arrival: Arrival): boolean;
}

export interface LaneOptions {
  readonly store: SpillStore;
  readonly hooks: LaneHooks;
  /** How many spilled messages may be under way at once: what keeps memory bounded however many there are. */
  readonly limit: number;
  /** How much data they may hold together, in bytes; a single one may be larger. */
  readonly maxBytes: number;
}

/**
 * Which message may run next, and which are to be spilled: those that are retried, and those that wait in order behind
 * one (DELIVERY, "Redelivery, poison, spill").
 */
export interface Lanes {
  /** Takes in a message from the window and runs it when its turn comes. */
  enter(arrival: Arrival): void;
  /** It is settled. */
  leave(arrival: Arrival): void;
  /**
   * What comes after it in its topic, in the window, as far as nothing else can come before: up to `count`, but for the
   * first `from`.
   */
  behind(arrival: Arrival, count: number, from: number): readonly Arrival[];
  /** An attempt of it failed, and it waits for the next one. */
  retrying(arrival: Arrival): void;
  /** Whether {@link takeSpillable} has something to give. */
  readonly hasSpillable: boolean;
  /**
   * What is in the window behind a message that is retried, in order; to be handed to {@link spilled}. Never one whose
   * result is being committed: it would be handled again.
   */
  takeSpillable(): readonly Arrival[];
  /** They are in the journal now, each with its row. */
  spilled(arrivals: readonly Arrival[]): void;
  /** Spilled messages may have come from elsewhere: at the start, and by a replay. */
  replayed(): void;
  /** The guest waits for a message that `filter` matches: one that is spilled is taken up though there be no room. */
  wanted(filter: string): void;
}

/** What is loaded at a time: few messages, and one where they are large. */
export const PREFETCH = 8;
const PREFETCH_BYTES = 256 * 1024;

/** In the window, and free to be taken into the journal. */
export function isSpillable({ row, spilling, settling }: Arrival): boolean {
  return row === undefined && spilling === undefined && !settling;
}

/** Up to `limit` spilled messages of one topic, or of all, after a row; fewer where they are large, one at least. */
export function load(store: SpillStore, after: number, limit: number, topic?: string) {
  const rows = store.spilled(after, limit, topic);
  let [kept, bytes] = [0, 0];
  for (const { event } of rows) {
    bytes += event.data.length;
    if (kept > 0 && bytes > PREFETCH_BYTES) break;
    kept++;
  }
  const more = rows.length === limit || kept < rows.length;
  return { arrivals: rows.slice(0, kept).map(Arrival.ofSpilled), more, small: bytes <= PREFETCH_BYTES };
}

/** The first topic in the journal that `filter` matches and that `isFree` takes. */
export function spilledTopic(
  store: SpillStore,
  filter: string,
  isFree: (topic: string) => boolean,
): string | undefined {
  if (!/[+#]/.test(filter)) return isFree(filter) && store.hasSpilled(filter) ? filter : undefined;
  for (let topic = store.nextSpilledTopic(''); topic !== undefined; topic = store.nextSpilledTopic(topic))
    if (matches(filter, topic) && isFree(topic)) return topic;
  return undefined;
}
