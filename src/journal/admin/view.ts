import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HostError } from '../../errors.ts';
import type { ListedDeadLetter, RememberedSession } from '../../journal.ts';
import { openReadOnly } from '../database/database.ts';
import { journalError } from '../database/faults.ts';
import { JOURNAL_FILE } from '../database/folder.ts';
import { readInstance } from '../database/schema.ts';
import { sessionQuery } from '../incoming/sessions.ts';
import { publisherQuery, type RememberedPublisher } from '../outgoing/publishers.ts';
import { LetterQuery } from '../tables/letter-rows.ts';
import type { Size } from '../tables/usage.ts';
import { type Holding, holdingQuery, sizeQuery } from './holdings.ts';

/** A journal looked at from outside. Each call sees what is committed by then; each may throw ERR_STATE_DAMAGED. */
export interface JournalView {
  readonly instance: string;
  sessions(): readonly RememberedSession[];
  publishers(): readonly RememberedPublisher[];
  /** Oldest first. */
  deadLetters(): readonly ListedDeadLetter[];
  deadLetter(id: number): ListedDeadLetter | undefined;
  /** Bindings and publisher sessions for which something is held. */
  holdings(): readonly Holding[];
  /** What `state_max` bounds. */
  size(): Size;
  close(): void;
}

/** The path of a journal that is there. */
export function journalPath(dir: string): string {
  const folder = resolve(dir);
  const path = join(folder, JOURNAL_FILE);
  if (existsSync(path)) return path;
  const text = `there is no journal in ${folder}: no app has run with this state folder yet, or it cannot be read; name the right one with --state-dir DIR`;
  throw new HostError('ERR_STATE_DIR', text);
}

/**
 * Opens the journal of an app that is running or stopped, to read it. Takes no lock that a host could wait for, and
 * writes nothing but the side file `journal.db-shm`, which SQLite needs to read a WAL.
 * @throws {HostError} ERR_STATE_DIR where there is none or it cannot be read, ERR_STATE_VERSION, ERR_STATE_DAMAGED.
 */
export function readJournal(dir: string): JournalView {
  const path = journalPath(dir);
  const database = openReadOnly(path);
  const guarded = <T>(query: () => T): T => {
    try {
      return query();
    } catch (error) {
      throw journalError(error, path);
    }
  };
  try {
    const instance = readInstance(database, path);
    const [sessions, publishers, letters] = [
      sessionQuery(database),
      publisherQuery(database),
      new LetterQuery(database),
    ];
    const [holdings, size] = [holdingQuery(database), sizeQuery(database)];
    return {
      instance,
      sessions: () => guarded(sessions),
      publishers: () => guarded(publishers),
      deadLetters: () => guarded(() => letters.all()),
      deadLetter: (id) => guarded(() => letters.one(id)),
      holdings: () => guarded(holdings),
      size: () => guarded(size),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw journalError(error, path);
  }
}
