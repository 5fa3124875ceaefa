import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, faultOf, IOERR_WRITE } from './faults.ts';
import { BALLAST_FILE, errnoOf } from './folder.ts';
import type { Space } from './group-commit.ts';

/** Bytes set aside in the state_dir, given up when the disk is full: a deletion needs room, too. */
const BALLAST = 1024 * 1024;

/** How often room is looked for to set the ballast aside again, in milliseconds. */
const INTERVAL = 500;

/** Whether writing failed for want of room: of the disk, or of this user's share of it. */
function isNoRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

/** Real blocks: zeros could be kept as a hole, which takes no room and so gives none back. */
function writeBlocks(path: string, bytes: number): void {
  const file = openSync(path, 'w', 0o600);
  try {
    const block = Buffer.alloc(64 * 1024, 0xa5);
    for (let left = bytes; left > 0; ) left -= writeSync(file, block, 0, Math.min(left, block.length));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The room of a state_dir. On a full disk its ballast is given up, so that what is under way can be committed and
 * deleted; intake has to stop until it could be set aside again with as much to spare.
 */
export class DiskSpace implements Space {
  readonly #folder: string;
  readonly #ballast: string;
  readonly #onChange: (full: boolean) => void;
  #full = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, onChange: (full: boolean) => void) {
    this.#folder = folder;
    this.#ballast = join(folder, BALLAST_FILE);
    this.#onChange = onChange;
  }

  /** Before the journal is opened: where the disk is full, the ballast makes room for that. */
  prepare(): void {
    this.#setAside();
  }

  /** Gives the ballast up; false where there was none. */
  release(): boolean {
    const held = this.#isSetAside();
    rmSync(this.#ballast, { force: true });
    return held;
  }

  /** IOERR_WRITE says nothing of why; where a quota is used up it is what SQLite reports. */
  isLacking(error: unknown): boolean {
    return faultOf(error) === 'full' || (codeOf(error) === IOERR_WRITE && !this.#takes('probe', 64 * 1024));
  }

  lacking(): boolean {
    const freed = this.release();
    this.#set(true);
    clearTimeout(this.#timer);
    return freed;
  }

  written(): void {
    this.#watch();
  }

  /** The journal is open: from now on changes are told. */
  start(): void {
    if (this.#isSetAside()) return;
    this.#set(true);
    this.#watch();
  }

  /** Looks for room until there is some. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#setAside()) this.#set(false);
      else this.#watch();
    }, INTERVAL).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #set(full: boolean): void {
    if (this.#full === full) return;
    this.#full = full;
    this.#onChange(full);
  }

  #isSetAside(): boolean {
    return statSync(this.#ballast, { throwIfNoEntry: false })?.size === BALLAST;
  }

  #setAside(): boolean {
    if (this.#isSetAside()) return true;
    try {
      const { bavail, bsize } = statfsSync(this.#folder);
      if (bavail * bsize < 2 * BALLAST) return false;
    } catch {
      return false;
    }
    return this.#takes(BALLAST_FILE, BALLAST);
  }

  /** Whether the disk takes a file of that many bytes; the ballast stays, anything else is removed again. */
  #takes(name: string, bytes: number): boolean {
    const path = join(this.#folder, name);
    try {
      writeBlocks(path, bytes);
      if (name !== BALLAST_FILE) rmSync(path, { force: true });
      return true;
    } catch (error) {
      rmSync(path, { force: true });
      return name !== BALLAST_FILE && !isNoRoom(error);
    }
  }
}
