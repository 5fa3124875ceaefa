import { describe, expect, it } from 'vitest';
import { inspectComponent, linkGiven, prepareComponent } from '../../../src/component/index.ts';
import type { GivenInterface, GuestInvoke } from '../../../src/guest.ts';
import { tempDirectory } from '../../support/temp.ts';
import { component } from '../support/guests.ts';
import { testPool } from '../support/pool.ts';
import { functions, moduleAt } from './support.ts';

const PACKAGES = `package test:guest;
package wasi:pubsub@0.1.0 {
  interface types {
    record event { id: string, source: string, %type: string, data: list<u8> }
    variant error {
      timeout, connection(string), permission-denied(string), invalid-argument(string), rejected(string), other(string)
    }
  }
  interface data-on-message {
    use types.{event, error};
    on-message: func(message: event) -> result<_, error>;
  }
}
package acme:sum@1.0.0 { interface sums { twice: func(a: u32) -> u32; } }
package acme:sum@2.0.0 { interface sums { twice: func(a: u32) -> u32; } }
`;

/** Traps unless `twice` of both versions makes 14 of 7. */
const GUEST = `(module
  (import "acme:sum/sums@1.0.0" "twice" (func $one (param i32) (result i32)))
  (import "acme:sum/sums@2.0.0" "twice" (func $two (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "wasi:pubsub/data-on-message@0.1.0#on-message")
    (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (if (i32.ne (call $one (i32.const 7)) (i32.const 14)) (then (unreachable)))
    (if (i32.ne (call $two (i32.const 7)) (i32.const 14)) (then (unreachable)))
    (i32.const 16)))`;

const WORLD = `import acme:sum/sums@1.0.0;
import acme:sum/sums@2.0.0;
export wasi:pubsub/data-on-message@0.1.0;`;

const [ONE, TWO] = ['acme:sum/sums@1.0.0', 'acme:sum/sums@2.0.0'] as const;
const code = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
const GOOD = code('export const twice = (a) => 2 * a;');

async function pool(given: readonly GivenInterface[], invoke?: GuestInvoke) {
  const bytes = await component(GUEST, WORLD, PACKAGES);
  const inspection = inspectComponent(bytes, { source: 'guest.wasm' });
  const { links } = linkGiven(inspection, given, 'guest.wasm');
  const options = { cacheDir: tempDirectory('cache'), inspection, provided: [], links, memory: 2 ** 24 };
  const prepared = await prepareComponent(bytes, options);
  const workerUrl = new URL('../../../src/app/worker.ts', import.meta.url);
  return { mode: prepared.mode, ...testPool(prepared, { workerUrl, invoke }) };
}

describe('a component without waiting imports', () => {
  it('calls modules synchronously, one for each version', async () => {
    const { mode, call } = await pool([moduleAt(ONE, GOOD), moduleAt(TWO, GOOD)]);
    expect(mode).toBe('sync');
    expect(await call('x')).toEqual({ kind: 'ok' });
    const mixed = await pool([moduleAt(ONE, GOOD), moduleAt(TWO, code('export const twice = (a) => 3 * a;'))]);
    expect(await mixed.call('x')).toMatchObject({ kind: 'trap', message: expect.stringContaining('unreachable') });
  });

  it('ends a call whose module throws, as a trap, and goes on with a new instance', async () => {
    const flaky = code(
      'let n = 0; export const twice = (a) => { if (n++ === 0) throw new Error("first"); return 2 * a; }',
    );
    const { call } = await pool([moduleAt(ONE, flaky), moduleAt(TWO, GOOD)]);
    expect(await call('x')).toEqual({ kind: 'trap', message: 'acme:sum/sums@1.0.0#twice threw: first' });
    expect(await call('x')).toEqual({ kind: 'ok' });
  });

  it('loads a module once in a worker, for all its instances', async () => {
    const counting = code(
      'let n = 0; export const twice = (a) => { n++; if (n === 3) throw new Error("third"); return 2 * a; }',
    );
    const { call } = await pool([moduleAt(ONE, counting), moduleAt(TWO, GOOD)]);
    expect([await call('x', 'a'), await call('x', 'b'), await call('x', 'c')].map(({ kind }) => kind)).toEqual([
      'ok',
      'ok',
      'trap',
    ]);
  });
});

describe('functions by message', () => {
  it('are called with what names them, one at a time, and calls after one that throws work', async () => {
    const seen: unknown[] = [];
    const invoke: GuestInvoke = async ({ key, function: name, args }, { binding, event }) => {
      seen.push([key, name, args, binding, event?.type]);
      if (seen.length === 2) return { kind: 'fault', message: 'threw: oops' };
      return { kind: 'ok', value: 14 };
    };
    const { mode, call } = await pool([functions(ONE, 'twice'), functions(TWO, 'twice')], invoke);
    expect(mode).toBe('jspi');
    const outcomes = await Promise.all([call('first'), call('second'), call('third')]);
    expect(outcomes).toEqual([
      { kind: 'trap', message: 'acme:sum/sums@2.0.0#twice threw: oops' },
      { kind: 'ok' },
      { kind: 'ok' },
    ]);
    expect(seen.slice(0, 3)).toEqual([
      [ONE, 'twice', [7], 'b0', 'first'],
      [TWO, 'twice', [7], 'b0', 'first'],
      [ONE, 'twice', [7], 'b0', 'second'],
    ]);
  });

  it('that hang end with the call, which counts them into its deadline', async () => {
    const signals: AbortSignal[] = [];
    const invoke: GuestInvoke = (_, { signal }) => {
      signals.push(signal);
      return signals.length === 1 ? new Promise(() => {}) : Promise.resolve({ kind: 'ok', value: 14 });
    };
    const { call } = await pool([functions(ONE, 'twice'), functions(TWO, 'twice')], invoke);
    expect(await call('x', 'a', { timeout: 300 })).toEqual({ kind: 'timeout' });
    expect(signals[0]?.aborted).toBe(true);
    expect(await call('x')).toEqual({ kind: 'ok' });
  });
});
