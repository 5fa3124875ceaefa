import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where what is downloaded and built is kept. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wasi-pubsub-host-matrix');

/** Milliseconds; a registry may be slow. */
const PATIENCE = 15 * 60_000;

/**
 * The folder `name` of the cache, made by `make` unless it is there. It is named after the contents of `sources` too, so
 * that a change of them makes it again; one that was interrupted is not taken for whole.
 */
export async function cached(
  name: string,
  sources: readonly URL[],
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source));
  const directory = join(CACHE, `${name}-${hash.digest('hex').slice(0, 8)}`);
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await make(unfinished);
    renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Runs a program to its end; resolves with its stdout. An error says what it wrote. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const options = { cwd, timeout: PATIENCE, maxBuffer: 1 << 26 };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { code, stderr = '', stdout = '' } = error as { code?: unknown; stderr?: string; stdout?: string };
    if (code === 'ENOENT') throw new Error(`${program} is not installed`);
    const output = `${stderr}\n${stdout}`.trim().split('\n').slice(-5).join('\n');
    throw new Error(`${program} ${args[0] ?? ''} ended with ${code}: ${output}`, { cause: error });
  }
}
