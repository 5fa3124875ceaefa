import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HostError, messageOf } from '../../errors.ts';

/** Files of a state_dir. SQLite adds `journal.db-wal` and `journal.db-shm`. */
export const JOURNAL_FILE = 'journal.db';
export const LOCK_FILE = 'lock.db';
export const BALLAST_FILE = 'ballast';

/**
 * Filesystem types of statfs(2) on which other machines may hold the same files: their locks and shared memory do not
 * reach each other, so two hosts would take each other's sessions and damage the journal.
 */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
]);

/** The name of a network filesystem, or undefined where `type` is none that is known. */
export function networkFilesystem(type: number): string | undefined {
  return NETWORK.get(type >>> 0);
}

/** The code of a failed system call, such as `ENOSPC`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A new folder's name survives power loss once its parent is synced; filesystems that cannot do that refuse (EINVAL). */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  } finally {
    closeSync(file);
  }
}

/** Not `mkdir`'s own `recursive`: in Node 26 that never returns below a folder such as /proc, which takes no entries. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return;
    if (errno !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
  syncFolder(dirname(path));
}

/**
 * Makes a file that only this user can read, where it is missing. SQLite gives its side files the same mode. An
 * existing file is not opened: closing it again would drop this process' locks on it (fcntl(2)).
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

/** SQLite opens a file that it cannot write read-only, and then takes no lock on it: hence asked beforehand. */
function assertWritable(path: string): void {
  accessSync(path, constants.R_OK | constants.W_OK);
}

/**
 * Makes sure of the state_dir, mode 0700 where it is made, and of its files; returns its absolute path.
 * @throws {HostError} ERR_STATE_FULL where the disk has no room for it; ERR_STATE_DIR where it cannot be made or written, or lies on a network filesystem.
 */
export function ensureFolder(path: string): string {
  const folder = resolve(path);
  let network: string | undefined;
  try {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw new Error('it is a file, not a folder');
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    network = process.platform === 'linux' ? networkFilesystem(statfsSync(folder).type) : undefined;
    for (const name of network === undefined ? [LOCK_FILE, JOURNAL_FILE] : []) {
      makeFile(join(folder, name));
      assertWritable(join(folder, name));
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT') {
      const text = `there is no room on the disk to make the state folder ${folder} (${messageOf(error)}): make room, or name another folder with --state-dir DIR`;
      throw new HostError('ERR_STATE_FULL', text, { cause: error });
    }
    const text = `the state folder ${folder} cannot be made or written (${messageOf(error)}): make it writable for this user, or name another with --state-dir DIR`;
    throw new HostError('ERR_STATE_DIR', text, { cause: error });
  }
  if (network === undefined) return folder;
  const text = `the state folder ${folder} lies on a network filesystem (${network}), where its lock does not keep other machines out: name a folder on a local disk with --state-dir DIR`;
  throw new HostError('ERR_STATE_DIR', text);
}
