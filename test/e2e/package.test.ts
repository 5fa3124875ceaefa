import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { atEnd } from '../support/cleanup.ts';
import { freePort } from '../support/ports.ts';
import { spawnProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';
import { App, appToml } from './app.ts';
import { EXAMPLES, layOut, runExample } from './library/project.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function succeed(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawnProcess(program, args, { cwd });
  const { code } = await child.exited;
  expect(`${code} ${code === 0 ? '' : child.stdout() + child.stderr()}`).toBe('0 ');
  return child.stdout();
}

/** The optional tools of `host build`. */
const TOOLS = ['componentize-qjs', 'rolldown', 'typescript'];

/** The package as `npm publish` would send it, under a node_modules with this checkout's dependencies less `without`. */
async function install(without: readonly string[] = []): Promise<string> {
  const folder = tempDirectory('package');
  const modules = join(folder, 'node_modules');
  const target = join(modules, 'wasi-pubsub-host');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.') && !without.includes(name))
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
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

it("is imported: the README's examples compile against its types and run", async () => {
  const folder = join(await install(), '..', '..');
  await layOut(folder);
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'esnext', types: ['node'], noEmit: true, allowImportingTsExtensions: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...EXAMPLES, 'types.ts'] }));
  await succeed(process.execPath, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', folder], folder);
  for (const name of ['harness.ts', 'driver.ts']) {
    const example = runExample(folder, name);
    expect(await example.exited, example.stderr()).toEqual({ code: 0, signal: null });
  }
});

it('makes, builds and tests a guest from the published package', async () => {
  const target = await install();
  const bin = join(target, 'host', 'bin.js');
  const folder = join(tempDirectory('new'), 'hello');
  const elsewhere = tempDirectory('elsewhere');
  await succeed(process.execPath, [bin, 'new', folder, '--lang', 'ts'], elsewhere);
  await succeed(process.execPath, [bin, 'build'], folder);
  const tested = await succeed(
    process.execPath,
    [bin, 'test', 'build/hello.wasm', 'fixtures', '--app', 'app.toml'],
    folder,
  );
  expect(tested).toMatch(/2 passed, 0 failed\n$/);
  for (const lang of ['rust', 'python', 'c', 'go']) {
    const made = join(tempDirectory('new'), lang);
    await succeed(process.execPath, [bin, 'new', made, '--lang', lang], elsewhere);
    expect(readdirSync(join(made, 'wit', 'deps')).sort()).toEqual([
      'host-pubsub',
      'wasi-cli',
      'wasi-logging',
      'wasi-pubsub',
    ]);
    expect(readFileSync(join(made, '.gitignore'), 'utf8')).toContain('.host/');
  }
});

it('says how to install the tools that build a guest, where they are missing', async () => {
  const bin = join(await install(TOOLS), 'host', 'bin.js');
  const folder = join(tempDirectory('new'), 'hello');
  const printed = await succeed(process.execPath, [bin, 'new', folder, '--lang', 'ts'], tempDirectory('elsewhere'));
  expect(printed).toMatch(/Next:\n {2}cd .*hello\n {2}npm install\n/);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toMatch(/\nnpm install\nnpx wasi-pubsub-host build\n/);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, object>;
  expect(Object.keys(manifest.devDependencies ?? {})).toEqual(['wasi-pubsub-host', ...TOOLS]);
  const build = spawnProcess(process.execPath, [bin, 'build'], { cwd: folder });
  expect((await build.exited).code).toBe(1);
  expect(build.stderr()).toMatch(
    /needs componentize-qjs, rolldown, typescript, found neither in .* nor beside host; install with\n {2}npm install --save-dev componentize-qjs@\^\S+ rolldown@\^\S+ typescript@\^\S+\n/,
  );
});
