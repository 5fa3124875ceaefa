import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mendExports, mendedExports } from '../../../src/component/mend/exports.ts';
import { mendWaiting } from '../../../src/component/mend/waiting.ts';
import type { Transpiled } from '../../../src/component/transpile.ts';
import { event, generated, HANDLER, instantiate, outcome, PUBLISH } from '../support/generated.ts';
import { publishingGuest, syncGuest } from '../support/guests.ts';

const mended = ({ code, cores }: Transpiled): Transpiled => ({ code: mendExports(mendWaiting(code)), cores });
const published: unknown[] = [];
const imports = {
  'wasi:pubsub/data-basic': { publish: async (topic: unknown) => void published.push(await topic) },
};

async function handlerOf(transpiled: Transpiled) {
  const { onMessage } = (await instantiate(transpiled, imports))[HANDLER] ?? {};
  if (onMessage === undefined) throw new Error('no handler');
  return onMessage;
}

describe('generated code of exports', () => {
  it('is as it was when the changes to it were written', async () => {
    const { code } = await generated(syncGuest());
    expect(mendedExports(mendExports(code))).toEqual({ exports: 1, globals: 1 });
    const waiting = mendWaiting((await generated(publishingGuest(), PUBLISH)).code);
    const once = mendExports(waiting);
    expect(mendedExports(once)).toEqual({ exports: 1, globals: 2 });
    expect(mendExports(once)).toBe(once);
  });

  it.each([
    ['is lifted asynchronously', 'isAsync: false', 'isAsync: true'],
    ['has a callback', 'getCallbackFn: () => null', 'getCallbackFn: () => callback_0'],
    ['lends resources to the guest', 'let ret;', 'task.addBorrowedHandle(); let ret;'],
    ['ends otherwise', 'task.exit();\n', 'task.exit({});\n'],
    ['has tasks with another field', '#exited = false;', '#exited = false;\n#more = [];'],
    ['has tasks that are made elsewhere', 'function createNewCurrentTask(args) {', 'function createTask(args) {'],
  ])('stays as it was where it %s', async (_, from, to) => {
    for (const code of [(await generated(syncGuest())).code, (await generated(publishingGuest(), PUBLISH)).code]) {
      const other = code.replaceAll(from, to);
      expect(other).not.toBe(code);
      expect(mendExports(other)).toBe(other);
    }
  });

  it('keeps globals that a core module is given', async () => {
    const { code } = await generated(publishingGuest(), PUBLISH);
    const given = `${code}\nconst given = [instanceFlags0, CURRENT_TASK_MAY_BLOCK];`;
    expect(mendedExports(mendExports(given))).toEqual({ exports: 1, globals: 0 });
  });

  it('is left alone where it is not known', () => {
    expect(mendExports('export function instantiate() {}')).toBe('export function instantiate() {}');
  });
});

describe.each([
  ['without JSPI', () => generated(syncGuest()), ['c', 'c', 'e', 'c', 'r', 'c', 'bad', 'c', 'bad', 'c', 't', 'c']],
  [
    'with JSPI',
    () => generated(publishingGuest(), PUBLISH),
    ['p', 'c', 'x', 'c', 'bad', 'p', 'c', 'e', 'bad', 'c', 'p', 'q', 'c'],
  ],
])('calls %s', (_, make, types) => {
  it('end as they do with a task for each', async () => {
    const whole = await make();
    const [onMessage, reference] = [await handlerOf(mended(whole)), await handlerOf(whole)];
    for (const type of types) {
      // An event whose id is no string cannot be lowered.
      const one = type === 'bad' ? event('c', 5) : event(type);
      const expected = await outcome(() => reference(one));
      expect(await outcome(() => onMessage(one))).toBe(expected);
    }
    expect(await outcome(() => onMessage(event('c')))).toContain('cannot enter component instance');
  });

  it('make no task but for the first and one behind one that failed', async () => {
    const onMessage = await handlerOf(mended(await make()));
    const made = vi.spyOn(Promise, 'withResolvers');
    onTestFinished(() => made.mockRestore());
    const tasks = async (...sent: (readonly [string, unknown?])[]) => {
      made.mockClear();
      for (const [type, id] of sent) await outcome(() => onMessage(event(type, id)));
      return made.mock.calls.length / 2;
    };
    await tasks(['c']);
    expect(await tasks(['c'], ['e'], ['c'])).toBe(0);
    expect(await tasks(['c', 5], ['c'], ['c'])).toBe(1);
    expect(await tasks(['t'])).toBe(0);
  });
});

describe('a kept task', () => {
  it('is one of a call alone: the next waits for the instance, and has its own', async () => {
    const onMessage = await handlerOf(mended(await generated(publishingGuest(), PUBLISH)));
    await onMessage(event('p'));
    published.length = 0;
    const calls = ['1', '2', '3'].map((id) => outcome(() => onMessage(event(id === '2' ? 'x' : 'p', id))));
    expect(await Promise.all(calls)).toEqual(['undefined', '{"tag":"other","val":"boom"}', 'undefined']);
    expect(published).toEqual(['1', '2', '3']);
    await onMessage(event('p', '4'));
    expect(published).toEqual(['1', '2', '3', '4']);
  });

  it('does not let a call end that has not given back what was lent to it', async () => {
    const { code, cores } = mended(await generated(syncGuest()));
    const lending = code.replace('let ret;', "if (v0_2 === 'borrowed') task.addBorrowedHandle();\nlet ret;");
    const onMessage = await handlerOf({ code: lending, cores });
    const results = [];
    for (const type of ['c', 'borrowed', 'c', 'borrowed']) results.push(await outcome(() => onMessage(event(type))));
    const left = 'RuntimeError: borrow handles still remain at the end of the call';
    expect(results).toEqual(['{"tag":"other","val":"0"}', left, '{"tag":"other","val":"1"}', left]);
  });

  it('hands nothing on that a guest has put into it', async () => {
    const text = `(component
      (core func $get (canon context.get i32 0)) (core func $set (canon context.set i32 0))
      (core instance $c (export "get" (func $get)) (export "set" (func $set)))
      (core module $m (import "c" "get" (func $get (result i32))) (import "c" "set" (func $set (param i32)))
        (memory (export "memory") 1) (data (i32.const 64) "abc")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 128))
        (func (export "f") (param i32 i32) (result i32)
          (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (call $get))
          (call $set (i32.const 3)) (i32.store (i32.const 20) (i32.add (call $get) (i32.load (i32.const 20))))
          (i32.const 16)))
      (core instance $i (instantiate $m (with "c" (instance $c))))
      (func $f (param "s" string) (result string)
        (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
      (export "run" (func $f)))`;
    const transpiled = mended(await generated(parse(text)));
    expect(mendedExports(transpiled.code).exports).toBe(1);
    const { run } = (await instantiate(transpiled)) as unknown as { run(text: string): string };
    expect([run('x'), run('x'), run('x')]).toEqual(['abc', 'abc', 'abc']);
  });
});
