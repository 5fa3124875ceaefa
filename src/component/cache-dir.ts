import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { HostError, messageOf } from '../errors.ts';

const FOLDER = 'wasi-pubsub-host';

function isWritableByOthers(uid: number, mode: number): boolean {
  const own = process.getuid?.();
  return own !== undefined && (uid !== own || (mode & 0o022) !== 0);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Not `mkdir`'s own `recursive`: in Node 26 that never returns below a folder such as /proc, which takes no entries. */
async function makeFolders(path: string, parentMade = false): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || parentMade) throw error;
    await makeFolders(dirname(path));
    await makeFolders(path, true);
  }
}

/**
 * Makes sure of a folder that no other user can write: what lies in it is executed.
 * @throws {HostError} ERR_CACHE_DIR where it cannot be made, is no folder, or belongs or is open to another user.
 */
export async function ensureCacheDir(path: string): Promise<void> {
  await makeFolders(resolve(path));
  const { uid, mode } = await stat(path);
  if (!isWritableByOthers(uid, mode)) return;
  const found = `owner ${uid}, mode ${(mode & 0o777).toString(8)}`;
  const advice = `make it yours alone (chmod 700 ${path}), or name another with cache_dir`;
  const text = `the cache folder ${path} can be written by another user (${found}), and its files are executed: ${advice}`;
  throw new HostError('ERR_CACHE_DIR', text);
}

/** Whether an entry of the cache is a plain file or folder that only this user can write. */
export async function isPrivate(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  const entry = await lstat(path);
  const fits = kind === 'file' ? entry.isFile() : entry.isDirectory();
  return fits && !isWritableByOthers(entry.uid, entry.mode);
}

function defaultPlaces(env: NodeJS.ProcessEnv, stateDir: string): string[] {
  const { XDG_CACHE_HOME: cacheHome, HOME: home } = env;
  const places: string[] = [];
  if (cacheHome !== undefined && isAbsolute(cacheHome)) places.push(join(cacheHome, FOLDER));
  if (home !== undefined && isAbsolute(home)) places.push(join(home, '.cache', FOLDER));
  return [...places, join(stateDir, 'cache')];
}

/**
 * The folder for transpiled components, made if need be: the one that the config names, else
 * `$XDG_CACHE_HOME/wasi-pubsub-host`, `~/.cache/wasi-pubsub-host`, or `cache` in the state_dir, whichever can be made.
 * @throws {HostError} ERR_CACHE_DIR where the named one, or none of the others, can be made, or one can be written by
 * another user.
 */
export async function resolveCacheDir(
  configured: string | undefined,
  env: NodeJS.ProcessEnv,
  stateDir: string,
): Promise<string> {
  const faults: string[] = [];
  for (const path of configured === undefined ? defaultPlaces(env, stateDir) : [configured]) {
    try {
      await ensureCacheDir(path);
      return path;
    } catch (error) {
      if (error instanceof HostError) throw error;
      faults.push(messageOf(error));
    }
  }
  throw new HostError(
    'ERR_CACHE_DIR',
    `no folder for transpiled components: ${faults.join('; ')}; name one with cache_dir`,
  );
}
