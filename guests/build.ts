import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildGuest as build } from '../src/app/build.ts';
import { withBuildLock } from './build-lock.ts';
import { commandOf, missingOf, type Toolchain, toolchainOf } from './toolchains.ts';

const GUESTS = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(GUESTS, '..');

/** What every guest is made from, beside its own folder; the lock file stands for the tools. */
const SHARED = ['guests/build.ts', 'wit', 'package-lock.json'];
/** And those that `host build` makes. */
const SHARED_BY_HOST_BUILD = ['guests/prelude', 'guests/tsconfig.json', 'src/toolchain'];

/** What building leaves behind in a guest's folder. */
const MADE = new Set(['build', 'target', '__pycache__']);

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

/** What is not here of what `guests/<name>` is built with; empty for those that need Node alone. */
export function missingFor(name: string): readonly string[] {
  const toolchain = toolchainOf(join(GUESTS, name));
  return toolchain === undefined ? [] : missingOf(toolchain);
}

/**
 * Builds `guests/<name>` unless it is up to date, with `host build` or the toolchain of its language; of processes that
 * ask for the same guest at once, one builds it.
 * @throws Error that says what is missing, or what the toolchain printed
 */
export async function buildGuest(name: string): Promise<BuiltGuest> {
  if (!guestNames().includes(name)) throw new Error(`no guest is called ${name}; there are ${guestNames().join(', ')}`);
  const folder = join(GUESTS, name);
  const toolchain = toolchainOf(folder);
  const path = join(folder, toolchain?.component(name) ?? `build/${name}.wasm`);
  const stamp = join(folder, 'build', 'inputs.sha256');
  const further = toolchain === undefined ? SHARED_BY_HOST_BUILD : (toolchain.inputs ?? []);
  const inputs = hashOf([...SHARED, ...further, ...sourcesOf(name)]);
  const upToDate = () => existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs;
  if (upToDate()) return { name, path, built: false };
  return withBuildLock(folder, async () => {
    if (upToDate()) return { name, path, built: false };
    if (toolchain === undefined) await build({ folder, out: path });
    else await runToolchain(toolchain, name, folder);
    const whole = `${stamp}.${process.pid}`;
    writeFileSync(whole, inputs);
    renameSync(whole, stamp);
    return { name, path, built: true };
  });
}

async function runToolchain(toolchain: Toolchain, name: string, folder: string): Promise<void> {
  const missing = missingOf(toolchain);
  if (missing.length > 0) throw new Error(`cannot be built here without ${missing.join(', ')}; see its README`);
  const command = commandOf(toolchain, name);
  await promisify(execFile)('sh', ['-c', command], { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch(
    ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`${command} failed:\n${stdout}${stderr}`);
    },
  );
}

/** What lies in a guest's folder and was not made by building it, as paths from the root of the checkout. */
function sourcesOf(name: string): string[] {
  const entries = readdirSync(join(GUESTS, name)).filter((entry) => !MADE.has(entry));
  return entries.sort().map((entry) => join('guests', name, entry));
}

/** SHA-256 over the paths and contents of files and folders, given from the root of the checkout. */
function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const text = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${text.length}\0`).update(text);
  };
  for (const path of paths) {
    if (statSync(join(ROOT, path)).isFile()) add(path);
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
    const missing = wanted.includes(name) ? [] : missingFor(name);
    try {
      if (missing.length > 0) {
        console.log(`guests/${name}  left out: ${missing.join(', ')} not found`);
        continue;
      }
      const { path, built } = await buildGuest(name);
      const took = built ? `built in ${((performance.now() - start) / 1000).toFixed(1)} s` : 'up to date';
      console.log(`${relative(process.cwd(), path)}  ${took}`);
    } catch (thrown) {
      console.error(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      process.exitCode = 1;
    }
  }
}
