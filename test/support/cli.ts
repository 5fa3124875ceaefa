import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.ts';
import { type SpawnedProcess, type SpawnOptions, spawnProcess } from './process.ts';

const BIN = fileURLToPath(new URL('../../host/bin.js', import.meta.url));

/** The real command line, started from source; killed at the end of the test if it still runs. */
export function spawnHost(args: readonly string[], options: SpawnOptions = {}): SpawnedProcess {
  const host = spawnProcess(process.execPath, [BIN, ...args], {
    ...options,
    env: { ...process.env, ...options.env },
  });
  atEnd(() => (host.running ? host.kill('SIGKILL') : host.exited));
  return host;
}
