import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from '../../support/cleanup.ts';
import { makeDirectory, removeDirectory } from '../../support/temp.ts';

const SIZE = '64m';
const BLOCK = Buffer.alloc(1 << 16);

/** A disk of its own, in memory, that can be filled up. */
export interface SmallDisk {
  readonly directory: string;
  /** Writes until nothing more fits. */
  fill(): void;
  free(): void;
}

/** Undefined where mounting is not allowed: it takes root. */
export function mountSmallDisk(): SmallDisk | undefined {
  const directory = makeDirectory('small-disk');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    removeDirectory(directory);
    return undefined;
  }
  atEnd(() => {
    execFileSync('umount', ['--lazy', directory], { stdio: 'ignore' });
    removeDirectory(directory);
  });
  const filler = join(directory, 'filler');
  return {
    directory,
    fill: () => {
      const file = openSync(filler, 'a');
      try {
        for (let block = BLOCK; block.length > 0; ) {
          try {
            writeSync(file, block);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            block = block.subarray(0, block.length >> 1);
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
  };
}
