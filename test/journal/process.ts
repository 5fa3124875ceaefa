import { atEnd } from '../support/cleanup.ts';
import { type SpawnedProcess, spawnProcess } from '../support/process.ts';

const PROGRAM = new URL('./journal-process.ts', import.meta.url).pathname;

/** Starts a process that opens the journal of `dir`; killed at the end of the test. */
export function journalProcess(dir: string, ...args: string[]): SpawnedProcess {
  const spawned = spawnProcess(process.execPath, [PROGRAM, dir, ...args]);
  atEnd(() => spawned.kill('SIGKILL'));
  return spawned;
}
