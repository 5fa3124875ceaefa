import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import { faultOf, journalError } from './faults.ts';
import { LOCK_FILE } from './folder.ts';

/** The right to be the only host on a state_dir. */
export interface StateLock {
  /** Idempotent. */
  release(): void;
}

/**
 * Takes the lock of a state_dir: an exclusive transaction on `lock.db`, never committed, which stays empty. The kernel
 * frees it with the process, however that ends. It is a file of its own because the journal must stay readable.
 *
 * No other code of this process may open `lock.db` as a plain file: closing it would drop the lock (fcntl(2)).
 * @throws {HostError} ERR_STATE_LOCKED where another host holds it, in this process or in another.
 */
export function takeLock(folder: string): StateLock {
  const path = join(folder, LOCK_FILE);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // Without a rollback journal on disk, a full one cannot keep the host from starting.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (faultOf(error) !== 'busy') throw journalError(error, path);
    const text = `the state folder ${folder} is held by another running host: stop that one, or give this one a folder of its own with --state-dir DIR`;
    throw new HostError('ERR_STATE_LOCKED', text, { cause: error });
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}
