import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mendExports } from '../../../src/component/mend/exports.ts';
import { mendedSyncImports, mendSyncImports } from '../../../src/component/mend/sync-imports.ts';
import { mendWaiting } from '../../../src/component/mend/waiting.ts';
import type { Transpiled } from '../../../src/component/transpile.ts';
import { event, generated, HANDLER, instantiate, outcome, PUBLISH } from '../support/generated.ts';
import { printingGuest, publishingGuest, waitingGuest } from '../support/guests.ts';

const mended = ({ code, cores }: Transpiled): Transpiled => ({
  code: mendSyncImports(mendExports(mendWaiting(code))),
  cores,
});

/**
 * `run(text)` tells its length, asks, and returns `yes` or `no`. With two characters it tells after it has returned, with
 * three it goes on whatever `tell` throws.
 */
const ASKING = `(component
  (import "test:host/tools" (instance $host
    (export "tell" (func (param "n" u32))) (export "ask" (func (result bool)))))
  (core func $tell (canon lower (func $host "tell"))) (core func $ask (canon lower (func $host "ask")))
  (core instance $given (export "tell" (func $tell)) (export "ask" (func $ask)))
  (core module $m
    (import "given" "tell" (func $tell (param i32))) (import "given" "ask" (func $ask (result i32)))
    (memory (export "memory") 1) (data (i32.const 64) "no yes") (global $length (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 128))
    (func (export "f") (param i32) (param $length i32) (result i32)
      (global.set $length (local.get $length))
      (if (i32.eq (local.get $length) (i32.const 3))
        (then (block $on (try_table (catch_all $on) (call $tell (i32.const 3)))))
        (else (call $tell (local.get $length))))
      (if (call $ask)
        (then (i32.store (i32.const 16) (i32.const 67)) (i32.store (i32.const 20) (i32.const 3)))
        (else (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 2))))
      (i32.const 16))
    (func (export "post") (param i32)
      (if (i32.eq (global.get $length) (i32.const 2)) (then (call $tell (i32.const 9))))))
  (core instance $i (instantiate $m (with "given" (instance $given))))
  (func $f (param "s" string) (result string)
    (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
      (post-return (core func $i "post"))))
  (export "run" (func $f)))`;

describe('generated code of imports that do not wait', () => {
  it('is as it was when the changes to it were written', async () => {
    const { code } = await generated(printingGuest());
    const once = mendSyncImports(code);
    expect(mendedSyncImports(once)).toBe(3);
    expect(mendSyncImports(once)).toBe(once);
    const asking = mended(await generated(parse(ASKING)));
    expect(mendedSyncImports(asking.code)).toBe(2);
    expect(mendedSyncImports(mended(await generated(publishingGuest())).code)).toBe(1);
    // `publish` waits.
    expect(mendedSyncImports(mended(await generated(waitingGuest(), PUBLISH)).code)).toBe(3);
  });

  it.each([
    ['is asynchronous', 'funcTypeIsAsync: false', 'funcTypeIsAsync: true'],
    ['is lowered asynchronously', 'isAsync: false', 'isAsync: true'],
    ['lends resources to it', 'let ret;', 'task.addBorrowedHandle(); let ret;'],
    ['returns something else', 'hasResultPointer: false', 'hasResultPointer: true'],
    ['is entered otherwise', 'task.enterSync()', 'task.enterNow()'],
  ])('keeps its tasks where it %s', async (_, from, to) => {
    const { code } = await generated(parse(ASKING));
    const other = code.replaceAll(from, to);
    expect(other).not.toBe(code);
    // `tell` returns nothing.
    expect(mendedSyncImports(mendSyncImports(other))).toBe(from.startsWith('hasResult') ? 1 : 0);
  });

  it('is left alone where it is not known', () => {
    expect(mendSyncImports('export function instantiate() {}')).toBe('export function instantiate() {}');
  });
});

describe('imports that do not wait', () => {
  const told: unknown[] = [];
  const tools = {
    tell: (count: number) => {
      told.push(count);
      if (count === 3 || count === 4) throw new Error(`refused ${count}`);
      if (count === 5) throw new WebAssembly.RuntimeError('trapped');
    },
    ask: () => told.length % 2 === 0,
  };

  async function run(transpiled: Transpiled): Promise<(text: string) => Promise<string>> {
    const exports = (await instantiate(transpiled, { 'test:host/tools': tools })) as unknown as {
      run(text: string): string;
    };
    return (text) => outcome(() => exports.run(text));
  }

  it('carry and throw what they do with a task for each', async () => {
    const whole = await generated(parse(ASKING));
    const texts = ['a', 'a', 'aaaa', 'a', 'aaa', 'a', 'a', 'aaaaa', 'a'];
    const results = [];
    for (const one of [whole, mended(whole)]) {
      told.length = 0;
      const call = await run(one);
      const outcomes = [];
      // Tasks are numbered, and here there are fewer.
      for (const text of texts) outcomes.push((await call(text)).replace(/task \[\d+\]/, 'task'));
      results.push([...outcomes, ...told]);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[1]?.slice(0, 3)).toEqual(['no', 'yes', 'Error: refused 4']);
    expect(results[1]?.[4]).toContain('already resolved');
    expect(results[1]?.[8]).toContain('cannot enter component instance');
  });

  it('cannot be called once a call has returned', async () => {
    told.length = 0;
    const call = await run(mended(await generated(parse(ASKING))));
    expect(await call('aa')).toBe('RuntimeError: cannot leave component instance');
    expect(told).toEqual([2]);
  });

  it('make no promise', async () => {
    const call = await run(mended(await generated(parse(ASKING))));
    await call('a');
    const made = vi.spyOn(Promise, 'withResolvers');
    onTestFinished(() => made.mockRestore());
    told.length = 0;
    expect([await call('a'), await call('a')]).toEqual(['no', 'yes']);
    expect(made).not.toHaveBeenCalled();
  });

  it('hand errors to the guest', async () => {
    const refuse = () => {
      throw Object.assign(new Error('no'), { payload: { tag: 'rejected', val: 'not now' } });
    };
    const publishing = mended(await generated(publishingGuest()));
    const { onMessage } =
      (await instantiate(publishing, { 'wasi:pubsub/data-basic': { publish: refuse } }))[HANDLER] ?? {};
    expect(await outcome(() => onMessage?.(event('p')))).toBe('{"tag":"rejected","val":"not now"}');
  });
});
