import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError, messageOf } from '../errors.ts';
import { ensureCacheDir, isPrivate } from './cache-dir.ts';

/** Counts changes to what an entry holds and to how it was made; part of every key. */
const FORMAT = 9;
const MANIFEST = 'manifest.json';

export interface CacheEntry {
  /** Where the entry lies. */
  readonly folder: string;
  /** File name to content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The key of what is made of `bytes` under `conditions`, which must tell apart all that changes the result. */
export function cacheKey(bytes: Uint8Array, conditions: unknown): string {
  return sha256(JSON.stringify([FORMAT, sha256(bytes), conditions]));
}

/** Undefined where it is not what was written, or others could have. */
async function readWhole(path: string, digest: unknown): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path);
  return (await isPrivate(path, 'file')) && sha256(bytes) === digest ? bytes : undefined;
}

async function readEntry(folder: string): Promise<CacheEntry | undefined> {
  if (!(await isPrivate(folder, 'folder'))) return undefined;
  const manifest: unknown = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
  const named = Object.entries(manifest as Record<string, unknown>);
  const read = await Promise.all(named.map(([name, digest]) => readWhole(join(folder, name), digest)));
  const files = new Map<string, Uint8Array>();
  for (const [index, [name]] of named.entries()) {
    const bytes = read[index];
    if (bytes === undefined) return undefined;
    files.set(name, bytes);
  }
  return { folder, files };
}

/** What the cache holds under `key`; undefined where it holds nothing, or something damaged. */
export async function readCache(directory: string, key: string): Promise<CacheEntry | undefined> {
  await ensureCacheDir(directory);
  try {
    return await readEntry(join(directory, key));
  } catch {
    // Absent, cut short or unreadable: all mean that it has to be made anew.
    return undefined;
  }
}

/**
 * Puts files under `key`, all or none: a reader sees a whole entry or none.
 * @throws {HostError} ERR_CACHE_DIR where they cannot be written.
 */
export async function writeCache(
  directory: string,
  key: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<CacheEntry> {
  const folder = join(directory, key);
  const fresh = join(directory, `.new-${randomUUID()}`);
  try {
    await mkdir(fresh, { mode: 0o700 });
    const digests = Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)]));
    const all = new Map([...files, [MANIFEST, Buffer.from(JSON.stringify(digests))]]);
    for (const [name, bytes] of all) await writeFile(join(fresh, name), bytes, { mode: 0o600, flag: 'wx' });
    await replace(fresh, folder);
  } catch (cause) {
    const text = `cannot write the cache folder ${directory}: ${messageOf(cause)}; free it, or name another with cache_dir`;
    throw new HostError('ERR_CACHE_DIR', text, { cause });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return { folder, files };
}

/**
 * Renames into place. What lies there already is whole, put there by another process a moment ago from the same bytes,
 * and stays; or it is damaged and is moved away.
 */
async function replace(fresh: string, folder: string): Promise<void> {
  const old = `${fresh}.old`;
  for (let tries = 1; ; tries++) {
    try {
      await rename(fresh, folder);
      return;
    } catch (error) {
      if ((await readEntry(folder).catch(() => undefined)) !== undefined) return;
      if (tries === 3) throw error;
      await rename(folder, old).catch(ignoreMissing);
      await rm(old, { recursive: true, force: true });
    }
  }
}

/** Another process may have moved it first. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
