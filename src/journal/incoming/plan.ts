import { HostError } from '../../errors.ts';
import type { ArrivalId, OutgoingEvent, Settlement, TransactionalPublish } from '../../journal.ts';
import { JournaledOutbox } from '../outgoing/outbox.ts';
import type { OutboxEntry } from '../outgoing/outbox-entry.ts';
import { integer } from '../tables/keys.ts';
import { type LetterColumns, letterColumns } from '../tables/letter-rows.ts';
import { encodeMessage, type MessageColumns } from '../tables/message.ts';
import type { Arrivals } from './arrivals.ts';

export interface PlannedPublish {
  readonly outbox: JournaledOutbox;
  readonly event: OutgoingEvent;
  readonly entry: OutboxEntry;
  readonly columns: MessageColumns;
}

/** A settlement as it is written; `known` and `freed` are what the statements found. */
export interface Plan {
  readonly settlement: Settlement;
  readonly id: ArrivalId | undefined;
  readonly forgive: boolean;
  readonly publishes: readonly PlannedPublish[];
  readonly letter: LetterColumns | undefined;
  /** All that it writes, as of most messages at QoS 2. */
  readonly isMarkerAlone: boolean;
  known: boolean;
  freed: number | undefined;
}

const NO_PUBLISHES: readonly PlannedPublish[] = [];

/**
 * Undefined where there is nothing to write.
 * @param arrivals failed attempts of a message go with it
 * @throws {HostError} ERR_INTERNAL for values that cannot be written
 */
export function planOf(settlement: Settlement, arrivals: Pick<Arrivals, 'mayHaveAttempts'>): Plan | undefined {
  const { marker, spilled, deadLetter, handled } = settlement;
  const forgive = settlement.id !== undefined && arrivals.mayHaveAttempts(settlement.id.packetId);
  const id = marker || forgive ? settlement.id : undefined;
  const isMore =
    spilled !== undefined || deadLetter !== undefined || handled !== undefined || settlement.publishes.length > 0;
  if (id === undefined && !isMore) return undefined;
  const letter = deadLetter === undefined ? undefined : letterColumns(deadLetter);
  if (handled !== undefined) integer(handled.until, 'the end of remembering an event');
  const publishes = settlement.publishes.length === 0 ? NO_PUBLISHES : planPublishes(settlement.publishes);
  const isMarkerAlone = marker && !forgive && !isMore;
  return { settlement, id, forgive, publishes, letter, isMarkerAlone, known: false, freed: undefined };
}

/** Whatever may be wrong is found out before the first row takes its key and packet id. */
function planPublishes(publishes: readonly TransactionalPublish[]): PlannedPublish[] {
  const checked = publishes.map(({ outbox, event }) => {
    if (!(outbox instanceof JournaledOutbox)) throw new HostError('ERR_INTERNAL', 'the outbox is none of this journal');
    return { outbox, event, columns: encodeMessage(event) };
  });
  return checked.map(({ outbox, event, columns }) => ({ outbox, event, columns, entry: outbox.issue(event, columns) }));
}
