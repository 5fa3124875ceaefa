import { describe, expect, it } from 'vitest';
import type { CallContext, CustomInterface } from '../../../src/guest.ts';
import { createInvoke, providedInterfaces, readInterfaces } from '../../../src/interfaces/index.ts';
import { WitError } from '../../../src/interfaces/wit-error.ts';

const read = (interfaces: Readonly<Record<string, unknown>>) =>
  readInterfaces(interfaces as Readonly<Record<string, CustomInterface>>, providedInterfaces);
const FUNCTIONS = { functions: { now: () => 1 } };

describe('interfaces as they are given', () => {
  it('are known by name and version, with their functions or their module', () => {
    const url = new URL('file:///srv/sha.js?rounds=3');
    const { given } = read({ 'acme:clock/time@1.0.0': FUNCTIONS, 'acme:hash/sha': { module: url } });
    expect(given).toEqual([
      { key: 'acme:clock/time@1.0.0', name: 'acme:clock/time', version: '1.0.0', source: { functions: ['now'] } },
      { key: 'acme:hash/sha', name: 'acme:hash/sha', version: undefined, source: { module: url.href } },
    ]);
    expect(read({ 'wasi:keyvalue/store@0.2.0-draft': FUNCTIONS }).given).toHaveLength(1);
  });

  it.each([
    ['time', FUNCTIONS, 'is no interface: expected a name such as "acme:clock/time@1.0.0"'],
    ['acme:clock', FUNCTIONS, 'is no interface'],
    ['acme:clock/time@', FUNCTIONS, 'is no interface'],
    ["acme:clock/ti'me", FUNCTIONS, 'is no interface'],
    ['acme:clock/time#now', FUNCTIONS, 'is no interface'],
    ['wasi:pubsub/data-basic@0.1.0', FUNCTIONS, 'is provided by the host itself and cannot be replaced'],
    ['wasi:pubsub/data-more', FUNCTIONS, 'is provided by the host itself'],
    ['host:pubsub/publisher', FUNCTIONS, 'is provided by the host itself'],
    ['wasi:cli/environment@9.0.0', FUNCTIONS, 'is provided by the host itself'],
    ['acme:a/x', {}, 'needs exactly one of "functions" and "module"'],
    ['acme:a/x', { ...FUNCTIONS, module: 'file:///x' }, 'needs exactly one of "functions" and "module"'],
    ['acme:a/x', () => 1, 'needs exactly one of "functions" and "module"'],
    ['acme:a/x', undefined, 'needs exactly one of "functions" and "module"'],
    ['acme:a/x', { functions: null }, 'has "functions" that is no object of functions'],
    ['acme:a/x', { functions: { now: 3 } }, 'has a "now" that is no function'],
    ['acme:a/x', { module: './sha.js' }, 'has the module "./sha.js": expected a whole URL'],
  ])('%s: %j is refused', (key, given, message) => {
    expect(() => read({ [key]: given })).toThrow(`interfaces: "${key}" ${message}`);
    expect(() => read({ [key]: given })).toThrow(expect.objectContaining({ code: 'ERR_INTERFACE_INVALID' }));
  });
});

describe('calling a function that was given', () => {
  const context: CallContext = { binding: 'b0', event: undefined, signal: new AbortController().signal };
  const called = (implementation: (...args: never[]) => unknown, args: readonly unknown[] = []) => {
    const { functions } = read({ 'acme:a/x': { functions: { f: implementation } } });
    return createInvoke(functions)({ key: 'acme:a/x', function: 'f', args }, context);
  };

  it('hands over the arguments and the context behind them', async () => {
    const value = await called((a: number, b: string, ...rest: unknown[]) => [a, b, rest], [1, 'two']);
    expect(value).toEqual({ kind: 'ok', value: [1, 'two', [context]] });
    expect(await called(async () => 'later')).toEqual({ kind: 'ok', value: 'later' });
  });

  it.each([
    ['a WitError', new WitError({ tag: 'closed' }, 'closed'), { tag: 'closed' }],
    ['an error with a payload', Object.assign(new Error('x'), { payload: 'text' }), 'text'],
    ['a payload of undefined', Object.assign(new Error('x'), { payload: undefined }), undefined],
    ['a bare value', { tag: 'closed' }, { tag: 'closed' }],
    ['a bare text', 'closed', 'closed'],
  ])('%s is the typed error', async (_, thrown, payload) => {
    const fails = () => {
      throw thrown;
    };
    expect(await called(fails)).toEqual({ kind: 'err', payload });
    expect(await called(async () => fails())).toEqual({ kind: 'err', payload });
  });

  it('takes any other error for a fault', async () => {
    expect(await called(() => Promise.reject(new TypeError('a bug')))).toEqual({
      kind: 'fault',
      message: 'threw: a bug',
    });
    class Inherited extends Error {
      get payload() {
        return 'not its own';
      }
    }
    expect(await called(() => Promise.reject(new Inherited('x')))).toEqual({ kind: 'fault', message: 'threw: x' });
  });

  it('knows no function but those that were given', async () => {
    const { functions } = read({ 'acme:a/x': FUNCTIONS });
    const invoke = createInvoke(functions);
    for (const [key, name] of [
      ['acme:a/x', 'constructor'],
      ['acme:a/x', 'toString'],
      ['__proto__', 'now'],
    ] as const)
      expect(await invoke({ key, function: name, args: [] }, context)).toEqual({
        kind: 'fault',
        message: 'was not given',
      });
  });
});
