import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { buildGuest } from '../../src/app/build.ts';
import { inspectComponent } from '../../src/component/index.ts';
import { HostError } from '../../src/errors.ts';
import { tempDirectory } from '../support/temp.ts';

type Files = Readonly<Record<string, string>>;

const HANDLER = 'export const dataOnMessage = { onMessage() {} };';
const PUBLISHES = "import { publish } from 'wasi:pubsub/data-basic@0.1.0';";

function guest(files: Files): string {
  const folder = join(tempDirectory('guest'), 'shop');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function built(files: Files, options: { readonly world?: string } = {}) {
  const folder = guest(files);
  const warnings: string[] = [];
  const { path } = await buildGuest({ folder, ...options, warn: (text) => warnings.push(text) });
  const inspection = inspectComponent(readFileSync(path), { source: path });
  const imports = inspection.imports.filter(({ kind }) => kind === 'interface').map(({ name }) => name);
  return { folder, path, inspection, imports, warnings };
}

async function refusal(files: Files, options: { readonly world?: string } = {}): Promise<string> {
  const folder = guest(files);
  const error: unknown = await buildGuest({ folder, ...options }).catch((thrown: unknown) => thrown);
  if (!(error instanceof HostError)) throw error;
  expect(error.code).toBe('ERR_COMPONENT_BUILD');
  // A failed build leaves neither a component nor temporary files.
  const made = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(made.filter((path) => path.includes('.tmp-') || path.endsWith('.wasm'))).toEqual([]);
  return error.message;
}

describe('a guest without a world of its own', () => {
  it('pushes only, and imports of the contract beyond that what it uses', async () => {
    const { path, folder, inspection, imports } = await built({ 'src/main.js': `${PUBLISHES}\npublish;\n${HANDLER}` });
    expect(path).toBe(join(folder, 'build', 'shop.wasm'));
    expect(inspection.handlers).toEqual(['on_message']);
    expect(inspection.importsReceive || inspection.importsStream).toBe(false);
    expect(imports).toContain('wasi:pubsub/data-basic');
    expect(imports).not.toContain('host:pubsub/delivery');
    const more = "import { current } from 'host:pubsub/delivery@0.1.0';\ncurrent;";
    const delivery = await built({ 'main.js': `${more}\n${HANDLER}`, 'package.json': '{"name":"@acme/orders"}' });
    expect(delivery.inspection.importsDelivery).toBe(true);
    expect(delivery.imports).not.toContain('host:pubsub/publisher');
    expect(delivery.path).toMatch(/orders\.wasm$/);
  });

  it('imports receive and stream when it uses them', async () => {
    const receives = "import { receive as next } from 'wasi:pubsub/data-basic@0.1.0';\nglobalThis.next = next;";
    const { inspection } = await built({ 'main.js': `${receives}\n${HANDLER}` });
    expect([inspection.importsReceive, inspection.importsStream]).toEqual([true, false]);
    const streams = "import * as basic from 'wasi:pubsub/data-basic@0.1.0';\nglobalThis.publish = basic.publish;";
    expect((await built({ 'main.js': `${streams}\n${HANDLER}` })).inspection.importsStream).toBe(true);
  });
});

it('bundles npm dependencies, CommonJS too, and is type-checked with the declarations of its world', async () => {
  const { folder, warnings } = await built({
    'src/main.ts': `import { current } from 'host:pubsub/delivery@0.1.0';
      import type { Event } from 'wasi:pubsub/types@0.1.0';
      import shout from 'shouting';
      import { greet } from './greet.ts';
      export const up = () => console.log(greet(shout('up')), new TextEncoder().encode(process.env.NODE_ENV === 'production' ? 'p' : 'd').length);
      declare const process: { env: { NODE_ENV: string } };
      export const dataOnMessage = { onMessage: (message: Event): void => void (message.data.length + (current()?.qos ?? 0)) };`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        module: 'esnext',
        moduleResolution: 'bundler',
        esModuleInterop: true,
        rootDir: 'src',
      },
      include: ['elsewhere'],
    }),
    'src/greet.ts': "export const greet = (name: string): string => 'hello '.concat(name);",
    'node_modules/shouting/package.json': '{"name":"shouting","main":"lib/index.js"}',
    'node_modules/shouting/lib/index.js': 'module.exports = (text) => text.toUpperCase();',
    'node_modules/shouting/lib/index.d.ts': 'declare function shout(text: string): string; export = shout;',
  });
  expect(warnings).toEqual([]);
  expect(readFileSync(join(folder, 'build/types/guest.d.ts'), 'utf8')).toContain('globals.d.ts');
});

it('builds the world that the guest declares, or the one that is asked for', async () => {
  const worlds = `package acme:shop;
    /// world commented { }
    world shop { include host:pubsub/push@0.1.0; }
    world orders {
      use wasi:pubsub/types@0.1.0.{event, error};
      include host:pubsub/push@0.1.0;
      export on-order: func(message: event) -> result<_, error>;
    }`;
  const files = { 'wit/world.wit': worlds, 'main.js': `${HANDLER}\nexport function onOrder() {}` };
  expect((await built(files, { world: 'orders' })).inspection.handlers).toEqual(['on_message', 'on_order']);
  expect((await built(files, { world: 'shop' })).inspection.handlers).toEqual(['on_message']);
  expect(await refusal(files)).toBe('wit has the worlds shop, orders: say which with --world');
  expect(await refusal(files, { world: 'order' })).toMatch(/no world "order"; it has shop, orders/);
});

it('builds a command that pulls, and exports that are async in the world', async () => {
  const world = `package acme:job;
    interface later { use wasi:pubsub/types@0.1.0.{event, error}; on-later: async func(message: event) -> result<_, error>; }
    world job { include host:pubsub/command@0.1.0; export later; export on-direct: async func(a: u32) -> u32; }`;
  const { inspection } = await built({
    'wit/world.wit': world,
    'main.ts': `import { publish, receive } from 'wasi:pubsub/data-basic@0.1.0';
      export const run = { run: (): void => publish('b', receive('a')) };
      export const later = { async onLater(): Promise<void> {} };
      export async function onDirect(a: number): Promise<number> { return a; }`,
  });
  expect(inspection).toMatchObject({
    exportsRun: true,
    importsReceive: true,
    importsStream: false,
    importsDelivery: true,
  });
  expect(inspection.handlers).toEqual(['acme:job/later#on-later']);
});

test.each<[string, Files, RegExp]>([
  ['no entry file', { 'README.md': '' }, /has no entry file: expected one of src\/main, main/],
  ['a package.json that is none', { 'main.js': HANDLER, 'package.json': '{' }, /package\.json is not valid JSON/],
  [
    'a module that is not installed',
    { 'main.js': `import 'left-pad';` },
    /main\.js imports "left-pad".*npm install left-pad/,
  ],
  ['a file that is missing', { 'main.js': `import './a.js';` }, /main\.js imports "\.\/a\.js".*no such file/],
  ['a module of Node', { 'main.js': `import 'node:fs';` }, /main\.js imports "node:fs", which is Node's/],
  ['the same without its scheme', { 'main.js': `import 'fs';` }, /main\.js imports "fs", which is Node's/],
  [
    'an interface that the world has not',
    { 'main.js': `import 'wasi:http/types@0.2.0';` },
    /"wasi:http\/types@0\.2\.0", which the world guest:app\/guest does not; it imports host:pubsub\/delivery@0\.1\.0/,
  ],
  [
    'no handler',
    { 'main.js': 'export const x = 1;' },
    /main\.js does not run: .*dataOnMessage\.onMessage is not exported/,
  ],
  [
    'an async handler',
    { 'main.js': 'export const dataOnMessage = { async onMessage() {} };' },
    /dataOnMessage\.onMessage must not be async: it would count as done before it is; imports wait by themselves$/,
  ],
  ['a syntax error', { 'main.js': 'export const = 1;' }, /cannot be bundled: [\s\S]*main\.js/],
  ['code that fails at its start', { 'main.js': `throw new Error('boom');` }, /main\.js does not run: Error: boom/],
  [
    'a call of the host at its start',
    { 'main.js': `console.log(1);\n${HANDLER}` },
    /main\.js calls wasi:logging.*#log at its top level/,
  ],
  [
    'such a call with arguments that do not fit',
    { 'main.js': `import { publish } from 'wasi:pubsub/data-basic@0.1.0';\npublish('a', {});\n${HANDLER}` },
    /main\.js calls publish at its top level/,
  ],
  ['no world', { 'main.js': HANDLER, 'wit/a.wit': 'package a:b;' }, /wit declares no world: expected a file such as/],
  ['no WIT package', { 'main.js': HANDLER, 'wit/a.wit': 'world a {}' }, /a\.wit does not name its package/],
  ['a broken world', { 'main.js': HANDLER, 'wit/a.wit': 'package a:b;\nworld a { imprt x; }' }, /wit is not valid: /],
  [
    'a package that is nowhere',
    { 'main.js': HANDLER, 'wit/a.wit': 'package a:b;\nworld a { import acme:x/y; }' },
    /wit is not valid: .*acme:x/s,
  ],
  [
    'types that do not fit',
    { 'src/main.ts': `const x: number = 'a';\n${HANDLER.replace('()', '(): void')}` },
    /the types do not fit:\nsrc\/main\.ts\(1,7\): error TS2322/,
  ],
  [
    'a handler of the wrong type',
    { 'main.ts': 'export const dataOnMessage = { onMessage: 1 };' },
    /what main\.ts exports.*TS1360/,
  ],
])('refuses %s', async (_what, files, expected) => {
  expect(await refusal(files)).toMatch(expected);
});
