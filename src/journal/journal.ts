import { join } from 'node:path';
import type { HostError } from '../errors.ts';
import type { DeadLetters, Sessions } from '../types.ts';
import { type Durability, type OpenDatabase, openDatabase } from './database.ts';
import { JournaledDeadLetters } from './dead-letters.ts';
import { journalError } from './faults.ts';
import { ensureFolder, JOURNAL_FILE } from './folder.ts';
import { GroupCommit } from './group-commit.ts';
import { type StateLock, takeLock } from './lock.ts';
import { JournaledPublishers, type Publishers } from './publishers.ts';
import { readInstance } from './schema.ts';
import { JournaledSessions } from './sessions.ts';

export interface JournalOptions {
  /** The state_dir; made, mode 0700, where it is missing. */
  readonly dir: string;
  readonly durability: Durability;
  /**
   * Called at most once, when the file turned out damaged or its disk full. From then on every write rejects, so
   * nothing more may be taken in; what was committed is safe.
   */
  readonly onFailure?: ((error: HostError) => void) | undefined;
}

/** What a host remembers across its restarts. */
export interface Journal {
  readonly sessions: Sessions;
  readonly deadLetters: DeadLetters;
  readonly publishers: Publishers;
  /** Commits what is queued and frees the state_dir. */
  close(): Promise<void>;
}

/** Puts a journal together on a database that is open; `close` releases the lock. */
export function journalOn(opened: OpenDatabase, lock: StateLock, onFailure: (error: HostError) => void): Journal {
  const { database, path, fresh } = opened;
  const commits = new GroupCommit({ database, path, onFailure });
  const identity = { instance: readInstance(database, path), fresh };
  return {
    sessions: new JournaledSessions(database, commits, identity),
    deadLetters: new JournaledDeadLetters(database, commits),
    publishers: new JournaledPublishers(database, commits),
    close: () => commits.close().finally(() => lock.release()),
  };
}

/**
 * Opens the journal of a state_dir and holds its lock until it is closed or the process ends, in whatever way. The
 * identity is made with it; a folder that is copied together with its journal carries the same one.
 * @throws {HostError} ERR_STATE_DIR (cannot be made or written, or is on a network filesystem), ERR_STATE_LOCKED (held
 * by another host), ERR_STATE_DAMAGED, ERR_STATE_VERSION (written by a newer host), ERR_STATE_FULL.
 */
export async function openJournal({ dir, durability, onFailure = () => {} }: JournalOptions): Promise<Journal> {
  const folder = ensureFolder(dir);
  const lock = takeLock(folder);
  const path = join(folder, JOURNAL_FILE);
  let opened: OpenDatabase | undefined;
  try {
    opened = openDatabase(path, durability);
    return journalOn(opened, lock, onFailure);
  } catch (error) {
    opened?.database.close();
    lock.release();
    throw journalError(error, path);
  }
}
