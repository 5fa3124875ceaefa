import { HostError, messageOf } from '../../errors.ts';

/** What can be wrong with a journal, as far as it decides what to do next. */
export type Fault = 'busy' | 'full' | 'refused' | 'shared' | 'damaged' | 'internal';

/** SQLite's primary result codes (sqlite.org/rescode.html); the extended codes carry them in their low byte. */
const PRIMARY: ReadonlyMap<number, Fault> = new Map([
  [3, 'refused'], // PERM
  [5, 'busy'], // BUSY
  [6, 'busy'], // LOCKED
  [8, 'refused'], // READONLY
  [13, 'full'], // FULL
  [14, 'refused'], // CANTOPEN
  [15, 'shared'], // PROTOCOL: file locks do not work
  [18, 'internal'], // TOOBIG
  [19, 'internal'], // CONSTRAINT: a row that this program should not have written
  [20, 'internal'], // MISMATCH
  [21, 'internal'], // MISUSE
  [22, 'shared'], // NOLFS
  [25, 'internal'], // RANGE
]);

/** Kinds of IOERR (10) that speak of the filesystem's abilities or its space, not of a broken disk. */
const EXTENDED: ReadonlyMap<number, Fault> = new Map([
  [10 | (15 << 8), 'shared'], // IOERR_LOCK
  [10 | (18 << 8), 'shared'], // IOERR_SHMOPEN
  [10 | (19 << 8), 'full'], // IOERR_SHMSIZE
  [10 | (20 << 8), 'shared'], // IOERR_SHMLOCK
  [10 | (21 << 8), 'shared'], // IOERR_SHMMAP
]);

/** Written by SQLite where a write failed for another reason than ENOSPC: a broken disk, or a quota used up. */
export const IOERR_WRITE = 10 | (3 << 8);

/** The extended result code of an error of SQLite. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

/** Sorts whatever a statement threw; `internal` is no fault of the file or the disk. */
export function faultOf(error: unknown): Fault {
  const code = codeOf(error);
  if (code === undefined) return 'internal';
  return EXTENDED.get(code) ?? PRIMARY.get(code & 0xff) ?? 'damaged';
}

const ELSEWHERE = 'or name another folder with --state-dir DIR';

/** The error for a user about the database file `path`. A HostError is passed on as it is. */
export function journalError(thrown: unknown, path: string): HostError {
  if (thrown instanceof HostError) return thrown;
  const found = messageOf(thrown);
  const options = { cause: thrown };
  switch (faultOf(thrown)) {
    case 'busy':
      return new HostError(
        'ERR_STATE_LOCKED',
        `${path} is being written by another process, which does not let go: end it, ${ELSEWHERE}`,
        options,
      );
    case 'full':
      return new HostError(
        'ERR_STATE_FULL',
        `there is no room left to write ${path} (${found}): nothing that it holds is lost and nothing more is accepted; make room and start again`,
        options,
      );
    case 'refused':
      return new HostError(
        'ERR_STATE_DIR',
        `cannot open or write ${path} (${found}): make it and its folder writable for this user, ${ELSEWHERE}`,
        options,
      );
    case 'shared':
      return new HostError(
        'ERR_STATE_DIR',
        `the filesystem of ${path} has no file locks or shared memory (${found}): the state needs a local disk; name a folder on one with --state-dir DIR`,
        options,
      );
    case 'damaged':
      return new HostError(
        'ERR_STATE_DAMAGED',
        `${path} is damaged, or its disk is (${found}): restore the folder from a copy; or move it away to begin with a new identity, ${ELSEWHERE} (what it held is then not delivered)`,
        options,
      );
    case 'internal':
      return new HostError('ERR_INTERNAL', `writing ${path} failed: ${found}`, options);
  }
}
