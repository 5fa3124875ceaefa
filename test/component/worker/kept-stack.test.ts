import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { beforeAll, describe, expect, it } from 'vitest';
import { KeptStacks } from '../../../src/component/worker/kept-stack.ts';

/** Waits for the host with its first parameter, then returns the sum of all; traps where the first is 0. */
const WAT = `(module
  (import "h" "wait" (func $wait (param i32)))
  (memory (export "memory") 1)
  (func (export "handler") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (if (i32.eqz (local.get 0)) (then unreachable))
    (call $wait (local.get 0))
    (i32.add (i32.add (i32.add (local.get 0) (local.get 1)) (i32.add (local.get 2) (local.get 3)))
      (i32.add (i32.add (local.get 4) (local.get 5)) (i32.add (local.get 6) (local.get 7)))))
  (func (export "short") (param i32) (result i32) (call $wait (local.get 0)) (local.get 0))
  (func (export "longs") (param i64 i64 i64 i64 i64 i64 i64 i64) (result i32) (i32.const 7)))`;

type Core = Parameters<KeptStacks['promising']>[0];

let module: WebAssembly.Module;

beforeAll(async () => {
  module = new WebAssembly.Module(new Uint8Array(await parse(WAT)));
});

function instance(wait: (value: number) => unknown) {
  const { exports } = new WebAssembly.Instance(module, { h: { wait: new WebAssembly.Suspending(wait) } });
  const stacks = new KeptStacks();
  return { stacks, exports, handler: stacks.promising(exports.handler as Core) };
}

const EVENT = [1, 2, 3, 4, 5, 6, 7, 8];

describe('a handler on a kept stack', () => {
  it('returns what each call returns, whether or not it waits', async () => {
    let waits = 0;
    const { handler } = instance(() => (waits++ % 2 === 0 ? Promise.resolve() : undefined));
    expect(await handler(...EVENT)).toBe(36);
    expect(await handler(9, 0, 0, 0, 0, 0, 0, 0)).toBe(9);
    expect(await handler(2, 0, 0, 0, 0, 0, 0, -1)).toBe(1);
    expect(waits).toBe(3);
  });

  it('that traps fails its call, and can be called again', async () => {
    const { handler } = instance(() => Promise.resolve());
    await handler(...EVENT);
    for (let round = 0; round < 2; round++) {
      await expect(handler(0, 1, 1, 1, 1, 1, 1, 1)).rejects.toThrow(WebAssembly.RuntimeError);
      expect(await handler(...EVENT)).toBe(36);
    }
  });

  it('fails with what the host fails with', async () => {
    const { handler } = instance(() => Promise.reject(new Error('no')));
    await expect(handler(...EVENT)).rejects.toThrow('no');
  });

  it('may be called while it waits, in any order of answers', async () => {
    const answers: (() => void)[] = [];
    const { handler } = instance(() => new Promise<void>((resolve) => answers.push(resolve)));
    const calls = [handler(...EVENT), handler(9, 0, 0, 0, 0, 0, 0, 0)];
    await expect.poll(() => answers.length).toBe(2);
    for (const answer of answers.toReversed()) answer();
    expect(await Promise.all(calls)).toEqual([36, 9]);
  });

  it('of another type is called as it would be without', async () => {
    const { stacks, exports } = instance(() => Promise.resolve());
    expect(await stacks.promising(exports.short as Core)(5)).toBe(5);
    const longs = stacks.promising(exports.longs as Core) as unknown as (...lowered: bigint[]) => Promise<number>;
    expect(await longs(0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n)).toBe(7);
  });

  it('holds its instance until it is told to end', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const used = async (end: boolean) => {
      const { handler, stacks, exports } = instance(() => Promise.resolve());
      await handler(...EVENT);
      if (end) stacks.end();
      return new WeakRef(exports.memory as object);
    };
    const ended: WeakRef<object>[] = [];
    const kept: WeakRef<object>[] = [];
    for (let count = 0; count < 10; count++) {
      ended.push(await used(true));
      kept.push(await used(false));
    }
    const alive = (held: readonly WeakRef<object>[]) => held.filter((one) => one.deref() !== undefined).length;
    // The engine may hold on to the last one.
    await expect
      .poll(() => {
        gc();
        return alive(ended);
      })
      .toBeLessThan(2);
    expect(alive(kept)).toBe(10);
  });
});
