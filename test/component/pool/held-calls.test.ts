import { expect, test } from 'vitest';
import { CELLS } from '../../../src/component/exchange/cells.ts';
import { Held } from '../../../src/component/pool/held.ts';
import { HeldCalls } from '../../../src/component/pool/held-calls.ts';

const handler = { interface: undefined, function: 'on-message' };
const held = (id: number, cell: number) => {
  const one = new Held(id, { timeout: 1, ended() {} }, handler, { instance: 0, load: 1 });
  one.cell = cell;
  return one;
};

test('finds calls by their ids, though one stays while thousands come and go', () => {
  const calls = new HeldCalls();
  const old = held(7, 5);
  calls.add(old);
  for (let id = 8; id < 100 * CELLS; id++) {
    const call = held(id, id % 5);
    calls.add(call);
    expect([calls.get(id), calls.get(7), calls.get(id + 1), calls.size]).toEqual([call, old, undefined, 2]);
    expect([calls.delete(call), calls.delete(call), calls.get(id)]).toEqual([true, false, undefined]);
  }
  expect(calls.all()).toEqual([old]);
});

test('has them in the order of submission, whatever their cells', () => {
  const calls = new HeldCalls();
  for (const [index, cell] of [9, 3, 127, 0].entries()) calls.add(held(2 ** 40 + index, cell));
  expect(calls.all().map(({ cell }) => cell)).toEqual([9, 3, 127, 0]);
  expect(calls.get(2 ** 40 + 2)?.cell).toBe(127);
});
