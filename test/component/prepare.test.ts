import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { inspectComponent, prepareComponent } from '../../src/component/index.ts';
import { stripDebugLog } from '../../src/component/mend/strip.ts';
import { type Transpiler, transpileWithJco } from '../../src/component/transpile.ts';
import { tempDirectory } from '../support/temp.ts';
import { bareGuest, component, provided, syncGuest, waitingGuest } from './support/guests.ts';
import { prepare, testPool } from './support/pool.ts';

const MIB = 2 ** 20;
const plain = { mode: 'sync', asyncImports: [], asyncExports: [] } as const;

/** A component with a core module of any text, written out: the tools that embed WIT would not let it pass. */
async function crafted(core: string, exported: string): Promise<Uint8Array> {
  const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const name = JSON.stringify(exported);
  return parse(`(component (core module $m ${core}) (core instance $i (instantiate $m))
    (func $f (canon lift (core func $i ${name}))) (export "run" (func $f)))`);
}

describe('a crafted name', () => {
  const marker = join(tempDirectory('marker'), 'executed');
  const write = `process.getBuiltinModule('node:fs').writeFileSync('${marker}','')`;
  const name = `f'] ?? ${write}; exports0['f`;

  test('reaches the generated code as it stands: this is what the guard is for', async () => {
    const bytes = await crafted(`(func (export ${JSON.stringify(name)}))`, name);
    const { code } = await transpileWithJco(bytes, plain);
    expect(code).toContain(write);
  });

  test.each([
    ['of an export', name],
    ['with a double quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['with a backtick', 'a`b'],
    ['with a line break', 'a\nb'],
    ['with a line separator', 'a\u2028b'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder in a name is the point
    ['with a placeholder', 'a${b}'],
    ['that ends a comment', 'a*/b'],
  ])('%s is refused, nothing of it is executed or kept', async (_, bad) => {
    const text = JSON.stringify(bad).replace(/\\u([0-9a-f]{4})/g, '\\u{$1}');
    await refuses(`(func (export ${text})) (func (export "f"))`, 'f');
  });

  test('of an import is refused', async () => {
    const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
    const bytes = await parse(`(component
      (core module $n (func (export "it's")))
      (core instance $n (instantiate $n))
      (core module $m (import "from" "it's" (func)) (func (export "f")))
      (core instance $i (instantiate $m (with "from" (instance $n))))
      (func $f (canon lift (core func $i "f"))) (export "run" (func $f)))`);
    await expect(prepare(bytes)).rejects.toMatchObject({ code: 'ERR_COMPONENT_UNSAFE' });
  });

  test('that is aliased is refused before the transpiler sees it', async () => {
    const bytes = await crafted(`(func (export ${JSON.stringify(name)}))`, name);
    const inspection = inspectComponent(bytes, { source: 'x' });
    const transpiler: Transpiler = () => Promise.reject(new Error('loaded'));
    const options = { cacheDir: tempDirectory('cache'), inspection, provided, memory: MIB, transpiler };
    await expect(prepareComponent(bytes, options)).rejects.toMatchObject({ code: 'ERR_COMPONENT_UNSAFE' });
    expect(existsSync(marker)).toBe(false);
  });

  async function refuses(core: string, exported: string): Promise<void> {
    const cacheDir = tempDirectory('cache');
    await expect(prepare(crafted(core, exported), MIB, cacheDir)).rejects.toMatchObject({
      code: 'ERR_COMPONENT_UNSAFE',
      message: expect.stringMatching(/^the component is refused: an export of core module .* smuggle code/),
    });
    expect(readdirSync(cacheDir)).toEqual([]);
    expect(existsSync(marker)).toBe(false);
  }
});

describe('memory', () => {
  test('64-bit memory is refused', async () => {
    await expect(prepare(bareGuest('(module (memory i64 1))'))).rejects.toMatchObject({
      code: 'ERR_COMPONENT_UNSAFE',
      message: expect.stringContaining('memory64'),
    });
  });

  test('a minimum above the cap is an error that names the key', async () => {
    await expect(prepare(bareGuest('(module (memory 33))'), 2 * MIB)).rejects.toMatchObject({
      code: 'ERR_COMPONENT_START',
      message: 'the component needs 3 MiB of memory to start, and the limit is 2 MiB: raise memory under [guest]',
    });
  });

  test('instantiating a module with memory again would double it, and is refused', async () => {
    const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
    const twice = await parse(`(component
      (core module $m (memory 1) (func (export "f")))
      (core instance $i (instantiate $m)) (core instance $j (instantiate $m))
      (func $f (canon lift (core func $i "f"))) (export "f" (func $f))
      (func $g (canon lift (core func $j "f"))) (export "g" (func $g)))`);
    const { pool } = testPool(await prepare(twice));
    await expect(pool.start()).rejects.toMatchObject({
      code: 'ERR_COMPONENT_START',
      message: expect.stringContaining('more than once'),
    });
  });
});

describe('what jco makes of it', () => {
  test('waits only where an import may have to', async () => {
    const waiting = await prepare(waitingGuest());
    expect(waiting.mode).toBe('jspi');
    expect(waiting.waits.get('wasi:pubsub/data-basic')).toEqual(['publish']);
    expect((await prepare(syncGuest())).mode).toBe('sync');
  });

  test.each([
    ['sync', plain, syncGuest],
    ['jspi', { ...plain, mode: 'jspi', asyncImports: ['wasi:pubsub/data-basic@0.1.0#publish'] }, waitingGuest],
  ] as const)('loses its debug calls, and nothing else (%s)', async (_, options, guest) => {
    const { code } = await transpileWithJco(await guest(), options);
    const stripped = stripDebugLog(code);
    const calls = /^[ \t]*_debugLog\(/gm;
    expect(code.match(calls)?.length).toBeGreaterThan(50);
    expect(stripped.match(calls)).toBeNull();
    const declarations = /^ *(?:export )?(?:async )?(?:function|class|const|let) \w+/gm;
    expect(stripped.match(declarations)).toEqual(code.match(declarations));
    expect(stripped).toContain('export function instantiate(');
  });

  test('code that would not parse without them is left as it is', () => {
    const code = "export const x = 1;\n  _debugLog('a' b);\n}";
    expect(stripDebugLog(code)).toBe(code);
  });

  test('brackets and quotes inside of strings, templates and comments do not mislead', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template literal in code is the point
    const code = 'export let a = 0;\n _debugLog("(", `)${f(")")}`, { x: [")"] } /* ) */, // )\n 1);\na = 1;';
    expect(stripDebugLog(code)).toBe('export let a = 0;\nvoid 0;\na = 1;');
  });

  test('a component that jco refuses is one clear line', async () => {
    const { parse } = await import('@bytecodealliance/jco-transpile/wasm-tools');
    const exporting = await parse('(component (core module $m) (export "m" (core module $m)))');
    await expect(prepare(exporting)).rejects.toMatchObject({
      code: 'ERR_COMPONENT_INVALID',
      message: expect.stringMatching(/^the component is not valid[^\n]*$/),
    });
  });
});

describe('the cache', () => {
  const counting = () => {
    const loads: string[] = [];
    const transpiler: Transpiler = (bytes, options) => {
      loads.push(options.mode);
      return transpileWithJco(bytes, options);
    };
    return { loads, transpiler };
  };

  const run = async (bytes: Uint8Array, cacheDir: string, transpiler: Transpiler, memory = 4 * MIB) =>
    prepareComponent(bytes, {
      cacheDir,
      inspection: inspectComponent(bytes, { source: 'x' }),
      provided,
      memory,
      transpiler,
    });

  test('makes the transpiler needless, until something that counts has changed', async () => {
    const [cacheDir, { loads, transpiler }, bytes] = [tempDirectory('cache'), counting(), await syncGuest()];
    expect((await run(bytes, cacheDir, transpiler)).cached).toBe(false);
    const again = await run(bytes, cacheDir, transpiler);
    expect(again.cached).toBe(true);
    expect(loads).toHaveLength(1);
    await expect(testPool(again).call('ok')).resolves.toEqual({ kind: 'ok' });
    await run(bytes, cacheDir, transpiler, 8 * MIB);
    await run(await syncGuest('(func)'), cacheDir, transpiler);
    expect(loads).toHaveLength(3);
  });

  test('is closed to other users', async () => {
    const cacheDir = tempDirectory('cache');
    const { entry } = await prepare(syncGuest(), MIB, cacheDir);
    const file = fileURLToPath(entry);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    expect(readdirSync(cacheDir)).toHaveLength(1);
  });

  test.each(['component.mjs', 'component.core.wasm', 'manifest.json'])(
    'is made anew where %s is damaged',
    async (name) => {
      const [cacheDir, { loads, transpiler }, bytes] = [tempDirectory('cache'), counting(), await syncGuest()];
      const { entry } = await run(bytes, cacheDir, transpiler);
      const file = join(dirname(fileURLToPath(entry)), name);
      const before = readFileSync(file);
      truncateSync(file, before.length - 1);
      expect((await run(bytes, cacheDir, transpiler)).cached).toBe(false);
      expect(loads).toHaveLength(2);
      expect(readFileSync(file)).toEqual(before);
      expect((await run(bytes, cacheDir, transpiler)).cached).toBe(true);
    },
  );

  test('takes several writers at once', async () => {
    const [cacheDir, { transpiler }, bytes] = [tempDirectory('cache'), counting(), await syncGuest()];
    await Promise.all([1, 2, 3].map(() => run(bytes, cacheDir, transpiler)));
    expect((await run(bytes, cacheDir, transpiler)).cached).toBe(true);
    expect(readdirSync(cacheDir)).toHaveLength(1);
  });
});

test('an export named "then" does not hang the start', async () => {
  const wat = '(module (func (export "then") (param i32) (result i32) (local.get 0)))';
  const { pool } = testPool(await prepare(component(wat, 'export then: func(x: u32) -> u32;')));
  await expect(pool.start()).resolves.toBeUndefined();
});
