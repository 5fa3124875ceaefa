import { type Journal, openJournal } from '../../../src/journal/index.ts';
import type { Outbox, OutgoingEvent } from '../../../src/journal.ts';
import { fresh } from '../../support/broker-sessions.ts';
import { atEnd } from '../../support/cleanup.ts';
import { tempDirectory } from '../../support/temp.ts';

/** A publisher session's outbox in a journal of its own, closed with the test. */
export interface Journaled {
  readonly clientId: string;
  readonly outbox: Outbox;
  readonly dir: string;
  readonly journal: Journal;
  /** One transaction. */
  commit(...events: OutgoingEvent[]): Promise<void>;
}

export async function journaled(clientId = fresh('pub'), dir = tempDirectory('journal')): Promise<Journaled> {
  const journal = await openJournal({ dir, durability: 'process' });
  atEnd(() => journal.close());
  await journal.publishers.publisherId(clientId, clientId);
  const outbox = await journal.outbox(clientId, 'b0');
  const inbox = journal.inbox('b0', { clientId: `${clientId}-sub`, broker: 'mqtt://127.0.0.1' });
  return {
    clientId,
    outbox,
    dir,
    journal,
    commit: (...events) =>
      inbox
        .settle({ marker: false, publishes: events.map((event) => ({ outbox, broker: 'mqtt://127.0.0.1', event })) })
        .then(() => {}),
  };
}
