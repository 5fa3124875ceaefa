import { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import { journalError } from './faults.ts';
import { assertReadable, migrate, schemaVersion } from './schema.ts';

/** `power`: a commit survives power loss. `process`: it survives the end of the process, `kill -9` included. */
export type Durability = 'power' | 'process';

export interface OpenDatabase {
  readonly database: DatabaseSync;
  readonly path: string;
  /** The journal was empty, so its identity was made now. */
  readonly fresh: boolean;
}

/** How long opening and reading wait for another process' lock, in milliseconds. */
const OPEN_TIMEOUT = 5_000;

/**
 * How long one try to begin a transaction may hold up the event loop, in milliseconds. Readers never hold up a writer
 * in WAL mode; this is for another writer's short transaction.
 */
const WRITE_TIMEOUT = 50;

/** Bytes to which SQLite cuts the WAL file after a checkpoint, once a burst has made it longer. */
const WAL_LIMIT = 16 * 1024 * 1024;

function useWal(database: DatabaseSync, path: string): void {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode === 'wal') return;
  const text = `the filesystem of ${path} does not support SQLite's WAL mode (it stays in mode "${mode}"): the state needs a local disk; name a folder on one with --state-dir DIR`;
  throw new HostError('ERR_STATE_DIR', text);
}

function configure(database: DatabaseSync, durability: Durability): void {
  const power = durability === 'power';
  database.exec(`
    PRAGMA synchronous = ${power ? 'FULL' : 'NORMAL'};
    PRAGMA fullfsync = ${power ? 'ON' : 'OFF'};
    PRAGMA checkpoint_fullfsync = ${power ? 'ON' : 'OFF'};
    PRAGMA journal_size_limit = ${WAL_LIMIT};
  `);
}

/** Opens the journal for its one host, which holds the lock, and brings the schema up to date. */
export function openDatabase(path: string, durability: Durability): OpenDatabase {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT });
    // A foreign file is refused before anything is written to it.
    schemaVersion(database, path);
    useWal(database, path);
    configure(database, durability);
    const fresh = migrate(database, path);
    database.exec(`PRAGMA busy_timeout = ${WRITE_TIMEOUT}`);
    return { database, path, fresh };
  } catch (error) {
    database?.close();
    throw journalError(error, path);
  }
}

/** Opens a journal to look at it, beside the host that may be writing it. */
export function openReadOnly(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: OPEN_TIMEOUT });
    assertReadable(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw journalError(error, path);
  }
}

/** Opens the journal of a host that runs, to write short transactions beside it. */
export function openBeside(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT });
    assertReadable(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw journalError(error, path);
  }
}
