import { describe, expect, test } from 'vitest';
import { CELLS } from '../../../src/component/exchange/cells.ts';
import { worthChaining } from '../../../src/component/pool/chained.ts';
import { BrokenChains } from '../../../src/component/worker/broken-chains.ts';
import type { CallChain, GuestOutcome } from '../../../src/guest.ts';
import { eventually } from '../../support/eventually.ts';
import { syncGuest, waitingGuest } from '../support/guests.ts';
import { prepare, testPool } from '../support/pool.ts';

const guests = { 'never waits': syncGuest, waits: waitingGuest };
let last = 0;
const chain = (): CallChain => ({ id: ++last, length: 0, brokenAt: Number.POSITIVE_INFINITY, seat: undefined });
const next = (one: CallChain) => ({ link: { chain: one, place: one.length++ } });
const kinds = (outcomes: readonly GuestOutcome[]) => outcomes.map(({ kind }) => kind);

describe.each(Object.entries(guests))('calls of a chain, in a guest that %s', (_name, guest) => {
  test.each([
    ['error', 'err'],
    ['trap', 'trap'],
    ['stack', 'trap'],
  ])('are not run behind one that failed (%s)', async (type, kind) => {
    const { call } = testPool(await prepare(guest()));
    const [one, other] = [chain(), chain()];
    const calls = ['', type, 'count', 'count'].map((what) => call(what, 't', next(one)));
    calls.push(call('count', 't', next(other)), call('count', 'another topic'));
    const outcomes = await Promise.all(calls);
    expect(kinds(outcomes)).toEqual(['ok', kind, 'skipped', 'skipped', 'err', 'err']);
    expect([one.brokenAt, other.brokenAt]).toEqual([1, 0]);
    // The guest counts the calls that it gets, in each of its instances from 0.
    const [count] = outcomes.slice(4);
    expect(count).toEqual({ kind: 'err', error: { tag: 'other', val: '0' } });
    expect(kinds([await call('', 't', next(one)), await call('', 't', next(chain()))])).toEqual(['skipped', 'ok']);
  });

  test('are not run behind one that was ended with its worker', async () => {
    const { call } = testPool(await prepare(guest()), { instances: 1 });
    const one = chain();
    const loop = call('loop', 't', { ...next(one), timeout: 200 });
    const behind = [call('count', 't', next(one)), call('count', 't', next(one))];
    const apart = call('count', 'another topic');
    expect(kinds(await Promise.all([loop, ...behind, apart]))).toEqual(['timeout', 'skipped', 'skipped', 'err']);
  });
});

test('chains are worth it where calls are short, and the worker has room', async () => {
  expect(worthChaining(0, CELLS)).toBe(0);
  expect(worthChaining(0.002, CELLS)).toBe(64);
  expect(worthChaining(0.1, CELLS)).toBe(10);
  expect(worthChaining(5, CELLS)).toBe(0);
  expect(worthChaining(0.002, CELLS / 4 - 1)).toBe(0);
  const never = testPool(await prepare(syncGuest()));
  expect(never.pool.ahead).toBe(0);
  await eventually(async () => {
    await never.call('');
    return (never.pool.ahead ?? 0) > 0;
  });
  const waiting = testPool(await prepare(waitingGuest()));
  await waiting.call('');
  expect(waiting.pool.ahead).toBe(0);
});

test('broken chains are forgotten once no call of theirs can come', () => {
  const broken = new BrokenChains();
  broken.add(0);
  expect(broken.has(0)).toBe(false);
  for (let id = 1; id <= 2 * CELLS + 1; id++) broken.add(id);
  expect([1, 2, 2 * CELLS + 1].map((id) => broken.has(id))).toEqual([false, true, true]);
});
