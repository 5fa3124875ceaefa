import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuest } from '../../../guests/build.ts';
import { atEnd } from '../../support/cleanup.ts';
import { type SpawnedProcess, spawnProcess } from '../../support/process.ts';
import { tempDirectory } from '../../support/temp.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The README's examples, with what they import. */
export const EXAMPLES = ['run.ts', 'harness.ts', 'driver.ts'];

export function exampleText(name: string): string {
  return readFileSync(join(HERE, name), 'utf8');
}

/** Puts the examples and the guest that they run into a folder, as a user's project has them. */
export async function layOut(folder: string): Promise<void> {
  for (const name of readdirSync(HERE).filter(
    (each) => EXAMPLES.includes(each) || /^(memory-.*|types)\.ts$/.test(each),
  ))
    cpSync(join(HERE, name), join(folder, name));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const { path } = await buildGuest('temperature-alerts');
  cpSync(path, join(folder, 'temperature-alerts.wasm'));
  cpSync(join(ROOT, 'guests/temperature-alerts/app.toml'), join(folder, 'app.toml'));
}

/** A project that imports this checkout's source. */
export async function checkoutProject(): Promise<string> {
  const folder = tempDirectory('library');
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(ROOT, join(modules, 'wasi-pubsub-host'));
  symlinkSync(join(ROOT, 'node_modules/mqtt'), join(modules, 'mqtt'));
  await layOut(folder);
  return folder;
}

export interface ExampleOptions {
  /** Where Node finds the package. */
  readonly conditions?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs one of them with Node alone. */
export function runExample(
  folder: string,
  name: string,
  { conditions = [], env = {} }: ExampleOptions = {},
): SpawnedProcess {
  const flags = conditions.map((condition) => `--conditions=${condition}`);
  const child = spawnProcess(process.execPath, [...flags, name], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder, ...env },
  });
  atEnd(() => (child.running ? child.kill('SIGKILL') : child.exited));
  return child;
}
