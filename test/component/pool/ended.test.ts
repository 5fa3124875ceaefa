import { expect, test } from 'vitest';
import { Exchange, entryOf } from '../../../src/component/exchange/exchange.ts';
import { takeEnded } from '../../../src/component/pool/ended.ts';
import { Held } from '../../../src/component/pool/held.ts';
import { HeldCalls } from '../../../src/component/pool/held-calls.ts';

const handler = { interface: undefined, function: 'on-message' };

function setUp() {
  const exchange = new Exchange();
  const worker = new Exchange(exchange.buffer).results;
  const calls = new HeldCalls();
  for (const [id, cell] of [
    [1, 0],
    [2 ** 40 + 2, 127],
    [3, 5],
  ] as const)
    calls.add(Object.assign(new Held(id, { timeout: 1, ended() {} }, handler, { instance: 0, load: 0 }), { cell }));
  const take = () => {
    const ids: number[] = [];
    const hasAny = takeEnded(exchange.results, calls, (held) => {
      ids.push(held.id);
      calls.delete(held);
    });
    return [hasAny, ids];
  };
  return { results: exchange.results, worker, take };
}

test('tells of calls that have ended, in order, up to one whose result comes by message', () => {
  const { results, worker, take } = setUp();
  expect(take()).toEqual([false, []]);
  worker.put(entryOf(2 ** 40 + 2, 127, false));
  worker.put(entryOf(3, 5, true));
  worker.put(entryOf(1, 0, false));
  expect(take()).toEqual([true, [2 ** 40 + 2]]);
  expect(take()).toEqual([false, []]);
  results.pass();
  expect(take()).toEqual([true, [1]]);
});

test('what is said of a call that was settled meanwhile is not said of the next in its cell', () => {
  const { worker, take } = setUp();
  worker.put(entryOf(4, 5, false));
  worker.put(entryOf(9, 77, false));
  worker.put(entryOf(3, 5, false));
  expect(take()).toEqual([true, [3]]);
});
