import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LANGUAGES, type LanguageName } from '../../host/languages.ts';
import { spawnHost } from '../support/cli.ts';
import { collect, connectClient } from '../support/mqtt-client.ts';
import { freePort } from '../support/ports.ts';
import { spawnProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';
import { buildCommand, missingToolchain } from '../support/toolchains.ts';

interface Greeting {
  readonly type: string;
  readonly source: string;
  readonly data_base64: string;
}

async function host(args: readonly string[], cwd: string): Promise<string> {
  const run = spawnHost(args, { cwd });
  const { code } = await run.exited;
  expect(`${code} ${run.stderr()}`).toBe('0 ');
  return run.stdout();
}

/** Starts the app as its README says, sends it a name and waits for the greeting. */
async function greet(folder: string, component: string, name: string): Promise<void> {
  const url = `tcp://127.0.0.1:${await freePort()}`;
  const args = ['run', 'app.toml', component, '--with-broker', '--log-format', 'text'];
  const running = spawnHost(args, { cwd: folder, env: { MQTT_URL: url } });
  await running.waitFor(/subscribed to "hello\/names"/);
  const client = await connectClient(url, { protocolVersion: 4 });
  const greetings = await collect(client, 'hello/greetings');
  await client.publishAsync('hello/names', name, { qos: 1 });
  const { type, source, data_base64: data } = JSON.parse((await greetings.next()).text) as Greeting;
  expect({ type, source }).toEqual({ type: 'com.example.greeting', source: '/hello' });
  expect(Buffer.from(data, 'base64').toString()).toBe(`Hello, ${name}!`);
  await running.waitFor(`greeted ${name}`);
  expect(await running.kill('SIGTERM')).toEqual({ code: 0, signal: null });
}

describe.each(['ts', 'js'] as const)('%s', (lang) => {
  it('is made, built and handles a message in three commands', async () => {
    const began = performance.now();
    const folder = join(tempDirectory('new'), 'hello');
    await host(['new', folder, '--lang', lang], tempDirectory('elsewhere'));
    expect(await host(['build'], folder)).toMatch(/^build\/hello\.wasm {2}1\.\d+ MiB, built in /);
    await greet(folder, 'build/hello.wasm', 'Ada');
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`${LANGUAGES[lang].title}: from an empty folder to a message handled in ${seconds} s`);
    const tested = await host(['test', 'build/hello.wasm', 'fixtures', '--app', 'app.toml'], folder);
    expect(tested).toMatch(/2 passed, 0 failed\n$/);
  });
});

const COMPILED = ['rust', 'python', 'c', 'go'] as const satisfies readonly LanguageName[];

describe.each(COMPILED)('%s', (lang) => {
  const missing = missingToolchain(lang);
  it.skipIf(missing !== undefined)(
    `builds with its one command and handles a message${missing === undefined ? '' : ` (missing: ${missing})`}`,
    async () => {
      const folder = join(tempDirectory('new'), 'hello');
      await host(['new', folder, '--lang', lang], tempDirectory('elsewhere'));
      const { build, component } = LANGUAGES[lang];
      expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`\n${build}\n`);
      const built = spawnProcess('sh', ['-c', buildCommand(lang)], { cwd: folder });
      const { code } = await built.exited;
      expect(`${code} ${code === 0 ? '' : built.stderr()}`).toBe('0 ');
      const tested = await host(['test', component, 'fixtures', '--app', 'app.toml'], folder);
      expect(tested).toMatch(/2 passed, 0 failed\n$/);
      await greet(folder, component, 'Grace');
      await longNames(folder, component);
    },
    600_000,
  );
});

/** Values of many sizes through one instance: memory that is handed over wrongly shows within a few hundred calls. */
async function longNames(folder: string, component: string): Promise<void> {
  const sizes = [1, 7, 8, 9, 100, 4_095, 4_096, 20_000];
  const steps = Array.from({ length: 400 }, (_, index) => {
    const name = String.fromCharCode(97 + (index % 26)).repeat(sizes[index % sizes.length] ?? 1);
    const event = { data: `Hello, ${name}!` };
    return { topic: 'hello/names', payload: name, expect: { result: 'ok', publishes: [{ event }] } };
  });
  const path = join(folder, 'many.json');
  writeFileSync(path, JSON.stringify(steps));
  expect(await host(['test', component, path], folder)).toMatch(/1 passed, 0 failed\n$/);
}
