import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuest as build } from '../src/build.ts';

const GUESTS = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(GUESTS, '..');

/** What every guest is made from, beside its own folder; the lock file stands for the tools. */
const SHARED = [
  'guests/build.ts',
  'guests/prelude',
  'guests/tsconfig.json',
  'src/toolchain',
  'wit',
  'package-lock.json',
];

export interface BuiltGuest {
  readonly name: string;
  /** Absolute path of the component. */
  readonly path: string;
  /** False when nothing had changed since the last build. */
  readonly built: boolean;
}

/** The guests that can be built: folders with a world. */
export function guestNames(): string[] {
  return readdirSync(GUESTS)
    .filter((name) => existsSync(join(GUESTS, name, 'wit', 'world.wit')))
    .sort();
}

/**
 * Builds `guests/<name>` into `guests/<name>/build/<name>.wasm` unless it is up to date. Processes that build the same
 * guest at once do not disturb each other: each file is replaced whole.
 */
export async function buildGuest(name: string): Promise<BuiltGuest> {
  if (!guestNames().includes(name)) throw new Error(`no guest is called ${name}; there are ${guestNames().join(', ')}`);
  const folder = join(GUESTS, name);
  const path = join(folder, 'build', `${name}.wasm`);
  const stamp = join(folder, 'build', 'inputs.sha256');
  const inputs = hashOf([...SHARED, ...['src', 'wit', 'tsconfig.json'].map((part) => join('guests', name, part))]);
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs)
    return { name, path, built: false };
  await build({ folder, out: path });
  const whole = `${stamp}.${process.pid}`;
  writeFileSync(whole, inputs);
  renameSync(whole, stamp);
  return { name, path, built: true };
}

/** SHA-256 over the paths and contents of files and folders, given from the root of the checkout. */
function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const text = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${text.length}\0`).update(text);
  };
  for (const path of paths) {
    if (path.endsWith('.ts') || path.endsWith('.json')) add(path);
    else
      for (const entry of readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true }).sort(byPath))
        if (entry.isFile()) add(relative(ROOT, join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : guestNames()) {
    const start = performance.now();
    try {
      const { path, built } = await buildGuest(name);
      const took = built ? `built in ${((performance.now() - start) / 1000).toFixed(1)} s` : 'up to date';
      console.log(`${relative(process.cwd(), path)}  ${took}`);
    } catch (thrown) {
      console.error(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      process.exitCode = 1;
    }
  }
}
