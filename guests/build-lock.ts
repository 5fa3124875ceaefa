import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

/** SQLite's "another connection has the lock". */
const BUSY = 5;

/**
 * Builds while no other process builds in that folder: test files that run side by side need the same guest, and most
 * toolchains write a component bit by bit. The lock of a process that is killed is freed by the kernel.
 */
export async function withBuildLock<T>(folder: string, build: () => Promise<T>): Promise<T> {
  mkdirSync(join(folder, 'build'), { recursive: true });
  const lock = new DatabaseSync(join(folder, 'build', 'lock.db'));
  try {
    while (!taken(lock)) await setTimeout(100);
    return await build();
  } finally {
    lock.close();
  }
}

function taken(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw error;
  }
}
