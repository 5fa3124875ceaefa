import { randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { HostError } from '../../errors.ts';
import { MIGRATIONS } from './migrations.ts';

/** The schema that this host writes, `PRAGMA user_version`. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** `PRAGMA application_id` of a journal: "HPsJ" in ASCII. */
const APPLICATION_ID = 0x4850734a;

const INSTANCE_LENGTH = 8;
const INSTANCE_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

function makeInstance(): string {
  return Array.from({ length: INSTANCE_LENGTH }, () => INSTANCE_ALPHABET[randomInt(INSTANCE_ALPHABET.length)]).join('');
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/**
 * The schema's version in a file; 0 where it holds nothing yet.
 * @throws {HostError} ERR_STATE_DAMAGED where it is some other program's database.
 */
export function schemaVersion(database: DatabaseSync, path: string): number {
  if (pragma(database, 'application_id') === APPLICATION_ID) return pragma(database, 'user_version');
  const row = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get();
  if (pragma(database, 'application_id') === 0 && pragma(database, 'user_version') === 0 && row?.count === 0) return 0;
  const text = `${path} is a database, but not a journal of this host: move it away, or name another folder with --state-dir DIR`;
  throw new HostError('ERR_STATE_DAMAGED', text);
}

function newerSchema(version: number, path: string): HostError {
  const text = `${path} was written by a newer version of this program (schema ${version}; this one knows schemas up to ${SCHEMA_VERSION}): use that version or a later one, or name another folder with --state-dir DIR`;
  return new HostError('ERR_STATE_VERSION', text);
}

/**
 * Refuses a journal that this host cannot read as it stands.
 * @throws {HostError} ERR_STATE_VERSION, or ERR_STATE_DIR where nothing was ever written.
 */
export function assertReadable(database: DatabaseSync, path: string): void {
  const version = schemaVersion(database, path);
  if (version > SCHEMA_VERSION) throw newerSchema(version, path);
  if (version === SCHEMA_VERSION) return;
  if (version === 0)
    throw new HostError('ERR_STATE_DIR', `${path} is empty: no app has run with this state folder yet (--state-dir)`);
  const text = `${path} was written by an older version of this program (schema ${version}; this one reads schema ${SCHEMA_VERSION}): the app brings it up to date at its next start`;
  throw new HostError('ERR_STATE_VERSION', text);
}

/**
 * Brings the schema up to date, in one transaction; returns whether the journal was empty, so that its identity was
 * made now.
 * @throws {HostError} ERR_STATE_VERSION where a newer host wrote it.
 */
export function migrate(database: DatabaseSync, path: string): boolean {
  const version = schemaVersion(database, path);
  if (version > SCHEMA_VERSION) throw newerSchema(version, path);
  if (version === SCHEMA_VERSION) return false;
  database.exec('BEGIN IMMEDIATE');
  for (const sql of MIGRATIONS.slice(version)) database.exec(sql);
  if (version === 0) database.prepare('INSERT INTO identity (id, instance) VALUES (1, ?)').run(makeInstance());
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  return version === 0;
}

/** @throws {HostError} ERR_STATE_DAMAGED where the row is not what {@link migrate} wrote. */
export function readInstance(database: DatabaseSync, path: string): string {
  const instance = database.prepare('SELECT instance FROM identity').get()?.instance;
  if (typeof instance === 'string' && /^[a-z0-9]{8}$/.test(instance)) return instance;
  throw new HostError('ERR_STATE_DAMAGED', `${path} is damaged: it holds no valid identity of this host's sessions`);
}
