import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import { openBeside, openDatabase } from '../database/database.ts';
import { journalError } from '../database/faults.ts';
import { takeLock } from '../database/lock.ts';
import { DiskSpace } from '../database/space.ts';
import { LetterMoves, Requests, type Wish } from '../dead-letters/letter-moves.ts';
import { Keys } from '../tables/keys.ts';
import { LetterRows } from '../tables/letter-rows.ts';
import { OutboxRows } from '../tables/outbox-rows.ts';
import { SpilledRows } from '../tables/spilled-rows.ts';
import { forget } from './forget.ts';
import type { Holding } from './holdings.ts';
import { journalPath } from './view.ts';

/** What became of a wish about dead letters. */
export interface Requested {
  /** `queued`: a host runs, and carries it out within a second. `now`: it is done. */
  readonly applied: 'now' | 'queued';
  /** The letters that there are. */
  readonly ids: readonly number[];
  /** Ids that name none. */
  readonly unknown: readonly number[];
}

/**
 * Gives dead letters back: messages to their binding's handler with attempts at 0, publishes to their broker. Works on
 * a running app, whose host is asked to, and on a stopped one.
 * @throws {HostError} ERR_STATE_DIR, ERR_STATE_VERSION, ERR_STATE_DAMAGED, ERR_STATE_FULL
 */
export async function replayDeadLetters(dir: string, ids: readonly number[] | 'all'): Promise<Requested> {
  return carryOut(dir, 'replay', ids);
}

/** Deletes dead letters, of a running or of a stopped app. @throws as {@link replayDeadLetters} */
export async function purgeDeadLetters(dir: string, ids: readonly number[] | 'all'): Promise<Requested> {
  return carryOut(dir, 'purge', ids);
}

/**
 * Deletes what the journal holds for bindings (by name) and publisher sessions (by client id or key): spilled messages,
 * markers, attempts, handled events and dead letters, or unsent and parked publishes. Returns what that was.
 * @throws {HostError} ERR_STATE_LOCKED while a host runs; ERR_STATE_DIR, ERR_STATE_VERSION, ERR_STATE_DAMAGED
 */
export async function forgetState(dir: string, names: readonly string[]): Promise<readonly Holding[]> {
  const path = journalPath(dir);
  const lock = takeLock(dirname(path));
  try {
    return inOwnJournal(path, (database) => forget(database, names));
  } finally {
    lock.release();
  }
}

function carryOut(dir: string, wish: Wish, ids: readonly number[] | 'all'): Requested {
  const path = journalPath(dir);
  let lock: ReturnType<typeof takeLock>;
  try {
    lock = takeLock(dirname(path));
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'ERR_STATE_LOCKED') throw error;
    return askHost(path, wish, ids);
  }
  try {
    return inOwnJournal(path, (database) => carryOutNow(database, wish, ids));
  } finally {
    lock.release();
  }
}

/** A host that stops before it sees the request finds it at its next start. */
function askHost(path: string, wish: Wish, ids: readonly number[] | 'all'): Requested {
  const database = openBeside(path);
  return transact(database, path, () => {
    const found = sortIds(database, ids);
    const requests = new Requests(database);
    for (const id of found.ids) requests.insert(id, wish);
    return { applied: 'queued', ...found };
  });
}

function carryOutNow(database: DatabaseSync, wish: Wish, ids: readonly number[] | 'all'): Requested {
  const found = sortIds(database, ids);
  const [letters, spilled, outbox] = [new LetterRows(database), new SpilledRows(database), new OutboxRows(database)];
  const moves = new LetterMoves({ keys: new Keys(database), letters, spilled, outbox });
  const requests = new Requests(database);
  for (const id of found.ids) {
    moves.carryOut(wish, id);
    requests.delete(id);
  }
  return { applied: 'now', ...found };
}

function sortIds(database: DatabaseSync, asked: readonly number[] | 'all'): Pick<Requested, 'ids' | 'unknown'> {
  const rows = database.prepare('SELECT id FROM dead_letters ORDER BY id').all();
  const there = rows.map(({ id }) => Number(id));
  if (asked === 'all') return { ids: there, unknown: [] };
  const known = new Set(there);
  const wanted = [...new Set(asked)];
  return { ids: wanted.filter((id) => known.has(id)), unknown: wanted.filter((id) => !known.has(id)) };
}

/** With the lock held. A deletion needs room, too: on a full disk the ballast gives it, and the next start mends that. */
function inOwnJournal<T>(path: string, act: (database: DatabaseSync) => T): T {
  const attempt = () => {
    const { database } = openDatabase(path, 'power');
    return transact(database, path, () => act(database));
  };
  try {
    return attempt();
  } catch (error) {
    const isFull = error instanceof HostError && error.code === 'ERR_STATE_FULL';
    if (!isFull || !new DiskSpace(dirname(path), () => {}).release()) throw error;
    return attempt();
  }
}

/** Closes the database whatever comes of it. */
function transact<T>(database: DatabaseSync, path: string, act: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = act();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    throw journalError(error, path);
  } finally {
    database.close();
  }
}
