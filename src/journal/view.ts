import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HostError } from '../errors.ts';
import type { RememberedSession } from '../types.ts';
import { openReadOnly } from './database.ts';
import { deadLetterQuery, type StoredDeadLetter } from './dead-letters.ts';
import { journalError } from './faults.ts';
import { JOURNAL_FILE } from './folder.ts';
import { readInstance } from './schema.ts';
import { sessionQuery } from './sessions.ts';

/** A journal looked at from outside. Each call sees what is committed by then. */
export interface JournalView {
  readonly instance: string;
  /** @throws {HostError} ERR_STATE_DAMAGED */
  sessions(): readonly RememberedSession[];
  /** Oldest first. @throws {HostError} ERR_STATE_DAMAGED */
  deadLetters(): readonly StoredDeadLetter[];
  close(): void;
}

/**
 * Opens the journal of an app that is running or stopped, to read it. Takes no lock that a host could wait for, and
 * writes nothing but the side file `journal.db-shm`, which SQLite needs to read a WAL.
 * @throws {HostError} ERR_STATE_DIR where there is none or it cannot be read, ERR_STATE_VERSION, ERR_STATE_DAMAGED.
 */
export function readJournal(dir: string): JournalView {
  const folder = resolve(dir);
  const path = join(folder, JOURNAL_FILE);
  if (!existsSync(path)) {
    const text = `there is no journal in ${folder}: no app has run with this state folder yet, or it cannot be read; name the right one with --state-dir DIR`;
    throw new HostError('ERR_STATE_DIR', text);
  }
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
    const [sessions, deadLetters] = [sessionQuery(database), deadLetterQuery(database)];
    return {
      instance,
      sessions: () => guarded(sessions),
      deadLetters: () => guarded(deadLetters),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw journalError(error, path);
  }
}
