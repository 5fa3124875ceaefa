import type { Journal, JournalOptions } from '../../../src/journal/index.ts';
import type { Outbox, OutboxRow, OutgoingEvent } from '../../../src/journal.ts';
import { tempDirectory } from '../../support/temp.ts';
import { open, outgoing, session, settlement } from '../samples.ts';

export interface OutboxFixture {
  readonly dir: string;
  readonly journal: Journal;
  readonly outbox: Outbox;
  /** Journals publishes, as one settlement does; named by their event's id. */
  publish(...ids: string[]): Promise<void>;
  /** Journals an event. */
  send(...events: OutgoingEvent[]): Promise<void>;
  /** Closes the journal and opens it again. */
  again(): Promise<OutboxFixture>;
}

export const CLIENT = 'app-b0-pub';

export function named(id: string, changes: Partial<OutgoingEvent> = {}): OutgoingEvent {
  return outgoing({ event: { ...outgoing().event, id }, ...changes });
}

export async function openOutbox(
  dir: string = tempDirectory('journal'),
  options: Partial<JournalOptions> = {},
): Promise<OutboxFixture> {
  const journal = await open({ dir, ...options });
  await journal.publishers.publisherId('broker as user', CLIENT, 'mqtt://b');
  const outbox = await journal.outbox(CLIENT, 'b0');
  const inbox = journal.inbox('b0', session());
  const send = (...events: OutgoingEvent[]) =>
    inbox.settle(settlement({ publishes: events.map((event) => ({ outbox, broker: 'mqtt://b', event })) }));
  return {
    dir,
    journal,
    outbox,
    send,
    publish: (...ids) => send(...ids.map((id) => named(id))),
    again: async () => {
      await journal.close();
      return openOutbox(dir, options);
    },
  };
}

/** Ready rows as `<packet id> <event id>`, with `!` where they are released and `*` where they were given back. */
export function show(outbox: Outbox, rows: readonly OutboxRow[] = outbox.ready()): string[] {
  return rows.map((row) => {
    const marks = `${row.released ? '!' : ''}${row.again ? '*' : ''}`;
    return `${row.packetId} ${outbox.load(row)?.event.id}${marks}`;
  });
}

/** The ready row of an event. */
export function rowOf(outbox: Outbox, id: string): OutboxRow {
  const found = outbox.ready().find((row) => outbox.load(row)?.event.id === id);
  if (found === undefined) throw new Error(`no ready row of "${id}" in ${show(outbox).join(', ')}`);
  return found;
}

/** A connection comes up. */
export async function connect(outbox: Outbox, present: boolean) {
  await outbox.connecting();
  return outbox.connected(present);
}
