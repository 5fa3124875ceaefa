import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { spawnHost } from '../support/cli.ts';
import { tempDirectory } from '../support/temp.ts';
import { App, appToml } from './app.ts';

const TOML = appToml([{ url: 'tcp://127.0.0.1:1', lines: ['topic = "a"', 'delivery = "push"'] }]);

/** What a user sees of a start that cannot work: its exit code and standard error, line by line. */
async function refused(args: readonly string[]) {
  const host = spawnHost([...args]);
  const { code } = await host.exited;
  return { code, lines: host.stderr().trimEnd().split('\n'), text: host.stderr() };
}

async function runWith(component: string | Uint8Array, toml = TOML) {
  const app = new App(toml);
  const path = join(app.directory, 'component.wasm');
  if (typeof component !== 'string') writeFileSync(path, component);
  return refused(['run', app.file, typeof component === 'string' ? component : path, '--log-format', 'text']);
}

const CORE_MODULE = Buffer.from('0061736d01000000', 'hex');

describe('host, started wrongly', () => {
  it.each([
    [
      'a file that is not there',
      '/nowhere/component.wasm',
      /\/nowhere\/component\.wasm cannot be read: there is no such file/,
    ],
    ['a folder', '/tmp', /\/tmp cannot be read: it is a folder/],
    ['a text file', Buffer.from('not wasm'), /is not a WebAssembly component/],
    ['an empty file', Buffer.alloc(0), /is not a WebAssembly component/],
    ['a core module', CORE_MODULE, /is a core WebAssembly module, not a component/],
    ['a damaged component', Buffer.from('0061736d0d000100ff', 'hex'), /cannot be read as a WebAssembly component/],
  ])('answers %s with one clear line and exit code 3', async (_name, component, expected) => {
    const { code, lines, text } = await runWith(component);
    expect(text).toMatch(expected);
    expect(code).toBe(3);
    expect(lines.length).toBe(1);
  });

  it('lists the exports when the handler is not among them', async () => {
    const { path } = await buildGuest('misbehaving');
    const toml = appToml([
      { url: 'tcp://127.0.0.1:1', lines: ['topic = "a"', 'delivery = "push"', 'on_message = "on_alarm"'] },
    ]);
    const { code, text } = await runWith(path, toml);
    expect(code).toBe(3);
    expect(text).toMatch(/does not export the handler "on_alarm".*on-order/);
    expect(text).not.toMatch(/\n\s+at /);
  });

  it('reports every configuration error at once, with exit code 2', async () => {
    const toml = appToml([{ url: 'tpc://x', lines: ['topic = "a/#/b"', 'qos = 3', 'timout = "1s"'] }]);
    const { code, text } = await runWith('/nowhere.wasm', toml);
    expect(code).toBe(2);
    for (const expected of [/url/, /topic/, /qos/, /did you mean.*timeout/]) expect(text).toMatch(expected);
    expect(text).toMatch(/app\.toml:8/);
    expect(text).not.toMatch(/\n\s+at /);
  });

  it('names --state-dir when another host holds the folder', async () => {
    const app = new App(TOML);
    const first = await app.run('misbehaving');
    await first.waitFor(/ started with /);
    const { path } = await buildGuest('misbehaving');
    const { code, text, lines } = await refused(['run', app.file, path, '--log-format', 'text']);
    expect(code).toBe(1);
    expect(text).toContain('--state-dir');
    expect(lines.length).toBe(1);
  });

  it('names --state-dir when the folder cannot be made', async () => {
    const app = new App(TOML);
    writeFileSync(join(app.directory, 'file'), '');
    const { path } = await buildGuest('misbehaving');
    const { code, text } = await refused(['run', app.file, path, '--state-dir', join(app.directory, 'file', 'state')]);
    expect(code).toBe(1);
    expect(text).toContain('--state-dir');
  });

  it.each([
    [[], /expected a command/],
    [['fly'], /unknown command "fly"/],
    [['run'], /missing <app\.toml>/],
    [['run', 'a.toml'], /missing <component\.wasm>/],
    [['run', 'a', 'b', 'c'], /unexpected argument "c"/],
    [['run', 'a', 'b', '--nope'], /--nope/],
    [['check', 'a', '--with-broker'], /takes no --with-broker/],
    [['run', 'a', 'b', '--log', 'loud'], /expected one of trace, debug/],
    [['broker', '--listen', 'mqtts://localhost'], /on loopback/],
    [['broker', '--listen', 'nonsense'], /nonsense/],
  ])('refuses the command line %j with exit code 2', async (args, expected) => {
    const { code, text, lines } = await refused(args);
    expect(text).toMatch(expected);
    expect(code).toBe(2);
    // At most a hint below it.
    expect(lines.length).toBeLessThanOrEqual(2);
    expect(text).not.toMatch(/\n\s+at /);
  });

  it('answers --help and --version', async () => {
    const help = spawnHost(['--help']);
    expect((await help.exited).code).toBe(0);
    expect(help.stdout()).toMatch(/host run <app\.toml> <component\.wasm>/);
    const version = spawnHost(['--version']);
    await version.exited;
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('host check', () => {
  it('shows the effective configuration, routes and roles, and no secret', async () => {
    const lines = ['topic = "commands/#"', 'username = "user"', 'password = "hunter2-secret"', 'publish = ["out/#"]'];
    const app = new App(appToml([{ url: 'tcp://127.0.0.1:1', lines }]));
    const { path } = await buildGuest('misbehaving');
    const check = spawnHost(['check', app.file, path]);
    expect((await check.exited).code).toBe(0);
    expect(check.stdout()).toMatch(/qos\s+1\s+default/);
    expect(check.stdout()).toMatch(/username\s+"?user"?\s+app\.toml:10/);
    expect(check.stdout()).toMatch(/out\/# -> binding "b0"/);
    expect(check.stdout()).toMatch(/binding "b0": push to on_message/);
    expect(check.stdout() + check.stderr()).not.toContain('hunter2');
  });

  it('warns of what a start would warn of: a transaction whose publishes go out at a lower qos', async () => {
    const url = 'tcp://127.0.0.1:1';
    const input = { url, lines: ['name = "in"', 'qos = 2', 'topic = "commands/#"'] };
    const output = { url, lines: ['name = "out"', 'qos = 1', 'publish = ["out/#"]'] };
    const check = spawnHost(['check', new App(appToml([input, output])).file]);
    expect((await check.exited).code).toBe(0);
    expect(check.stdout()).toMatch(/binding "in" \(qos 2, transactional\) may publish through binding "out"/);
  });

  it('makes nothing: no state folder, no connection', async () => {
    const directory = tempDirectory('check');
    mkdirSync(directory, { recursive: true });
    const app = new App(TOML, directory);
    const check = spawnHost(['check', app.file]);
    expect((await check.exited).code).toBe(0);
    const again = spawnHost(['check', app.file, '/nowhere.wasm']);
    expect((await again.exited).code).toBe(3);
  });
});
