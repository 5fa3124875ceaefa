import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { atEnd } from '../support/cleanup.ts';
import { freePort } from '../support/ports.ts';
import { spawnProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';
import { App, appToml } from './app.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function succeed(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawnProcess(program, args, { cwd });
  const { code } = await child.exited;
  expect(`${code} ${code === 0 ? '' : child.stderr()}`).toBe('0 ');
  return child.stdout();
}

/** The package as `npm publish` would send it, under a node_modules with this checkout's dependencies. */
async function install(): Promise<string> {
  const folder = tempDirectory('package');
  const modules = join(folder, 'node_modules');
  const target = join(modules, 'wasi-pubsub-host');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  const printed = await succeed('npm', ['pack', '--json', '--pack-destination', folder], ROOT);
  const { filename } = Object.values(JSON.parse(printed.slice(printed.indexOf('\n[') + 1)))[0] as { filename: string };
  await succeed('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1'], folder);
  return target;
}

it('runs from the published package, compiled', async () => {
  const target = await install();
  expect(readdirSync(target)).not.toContain('src');
  const named = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((path) => /failpoint/.test(path));
  expect(named.toSorted()).toEqual(['dist/src/failpoint.d.ts', 'dist/src/failpoint.js']);
  expect(readFileSync(join(target, 'dist/src/failpoint.js'), 'utf8')).not.toMatch(/process\.kill|SIGKILL/);
  const { path } = await buildGuest('misbehaving');
  const url = `tcp://127.0.0.1:${await freePort()}`;
  const app = new App(appToml([{ url, lines: ['topic = "a"'] }]));
  const bin = join(target, 'host', 'bin.js');
  const host = spawnProcess(process.execPath, [bin, 'run', app.file, path, '--with-broker', '--log-format', 'text']);
  atEnd(() => host.kill('SIGKILL'));
  await host.waitFor(/subscribed to "a"/);
  expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
});
