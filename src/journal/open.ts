import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from '../errors.ts';
import { assemble } from './assemble.ts';
import { type Durability, type OpenDatabase, openDatabase } from './database/database.ts';
import { journalError } from './database/faults.ts';
import { ensureFolder, JOURNAL_FILE } from './database/folder.ts';
import { type StateLock, takeLock } from './database/lock.ts';
import { diskFullText, Pressures } from './database/pressure.ts';
import { DiskSpace } from './database/space.ts';
import type { Journal, JournalOptions } from './journal.ts';

const STATE_MAX = 1024 ** 3;

/** How long `host dlq` may hold the lock of a stopped app, at most, before that counts as another host; milliseconds. */
const LOCK_PATIENCE = 500;

/** A full disk refuses to make SQLite's side files: then the ballast makes room. */
function openWithSpace(path: string, durability: Durability, space: DiskSpace): OpenDatabase {
  space.prepare();
  try {
    return openDatabase(path, durability);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'ERR_STATE_FULL' || !space.release()) throw error;
    return openDatabase(path, durability);
  }
}

async function takeLockPatiently(folder: string): Promise<StateLock> {
  for (const began = performance.now(); ; await delay(25)) {
    try {
      return takeLock(folder);
    } catch (error) {
      const isHeld = error instanceof HostError && error.code === 'ERR_STATE_LOCKED';
      if (!isHeld || performance.now() - began >= LOCK_PATIENCE) throw error;
    }
  }
}

/**
 * Opens the journal of a state_dir and holds its lock until it is closed or the process ends, in whatever way. The
 * identity is made with it; a folder that is copied together with its journal carries the same one.
 * @throws {HostError} ERR_STATE_DIR (cannot be made or written, or is on a network filesystem), ERR_STATE_LOCKED (held
 * by another host), ERR_STATE_DAMAGED, ERR_STATE_VERSION (written by a newer host), ERR_STATE_FULL.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { dir, durability, stateMax = STATE_MAX, onRequests } = options;
  const { onFailure = () => {}, onPressure = () => {} } = options;
  const folder = ensureFolder(dir);
  const lock = await takeLockPatiently(folder);
  const path = join(folder, JOURNAL_FILE);
  const pressures = new Pressures(onPressure);
  const space = new DiskSpace(folder, (full) => pressures.set('disk-full', full ? diskFullText(folder) : undefined));
  let opened: OpenDatabase | undefined;
  try {
    opened = openWithSpace(path, durability, space);
    const journal = assemble({ opened, folder, space, pressures, stateMax, onFailure, onRequests });
    return { ...journal, close: () => journal.close().finally(() => lock.release()) };
  } catch (error) {
    opened?.database.close();
    space.close();
    lock.release();
    throw journalError(error, path);
  }
}
