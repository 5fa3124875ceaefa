import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type OpenDatabase, openDatabase } from '../../src/journal/database/database.ts';
import { ensureFolder, JOURNAL_FILE } from '../../src/journal/database/folder.ts';
import { type Journal, type JournalOptions, openJournal } from '../../src/journal/index.ts';
import type { DeadLetter } from '../../src/journal.ts';
import { atEnd } from '../support/cleanup.ts';
import { tempDirectory } from '../support/temp.ts';
import { letter } from './values.ts';

export * from './values.ts';

/** Has a message die, as a handler's last failure does. */
export function die(journal: Journal, dead: DeadLetter = letter()): Promise<void> {
  return journal.inbox(dead.binding, { clientId: `app-${dead.binding}`, broker: 'b' }).settle({
    marker: false,
    publishes: [],
    deadLetter: dead,
  });
}

/** A journal in a folder of its own unless told; closed at the end of the test. */
export async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal({ dir: tempDirectory('journal'), durability: 'process', ...options });
  atEnd(() => journal.close());
  return journal;
}

/** A journal's database without the journal's objects, closed at the end of the test. */
export function openBare(dir: string = tempDirectory('journal')): OpenDatabase {
  const opened = openDatabase(join(ensureFolder(dir), JOURNAL_FILE), 'process');
  atEnd(() => close(opened.database));
  return opened;
}

export function close(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}

/** The code of the HostError that `act` throws or rejects with; its message must match every pattern. */
export async function refusal(act: () => unknown, ...patterns: (RegExp | string)[]): Promise<string> {
  const error = await Promise.resolve()
    .then(act)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(error instanceof Error) || !('code' in error)) throw new Error(`expected a HostError, found ${String(error)}`);
  for (const pattern of patterns) {
    if (error.message.search(pattern) < 0) throw new Error(`no ${pattern} in: ${error.message}`);
  }
  return String(error.code);
}
