import { describe, expect, it } from 'vitest';
import { CELLS } from '../../../src/component/cells.ts';
import type { Held } from '../../../src/component/pool/held.ts';
import { HeldCalls } from '../../../src/component/pool/held-calls.ts';

const held = (id: number, cell: number) => ({ id, cell }) as Held;
/** Numbers that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
}

describe('calls that a worker holds', () => {
  it('are found by id, and listed in the order of submission', () => {
    const calls = new HeldCalls();
    for (const [id, cell] of [
      [9, 3],
      [4, 127],
      [700, 0],
    ] as const)
      calls.add(held(id, cell));
    expect([calls.size, calls.get(4)?.cell, calls.get(5), calls.get(4 + 2 * CELLS)]).toEqual([
      3,
      127,
      undefined,
      undefined,
    ]);
    expect(calls.all().map(({ id }) => id)).toEqual([4, 9, 700]);
    expect([calls.delete(held(9, 3)), calls.delete(held(9, 3)), calls.size]).toEqual([true, false, 2]);
  });

  // Few places of their own for many ids, so that they are in each other's way.
  it.each([1, 2 * CELLS, 2 * CELLS - 1, 7])('are found whichever come and go (ids %i apart)', (apart) => {
    const [calls, model, free] = [new HeldCalls(), new Map<number, Held>(), Array.from({ length: CELLS }, (_, i) => i)];
    const random = numbers(apart);
    for (let step = 0, id = 0; step < 20_000; step++) {
      const cell = random(3) > 0 ? free.pop() : undefined;
      if (cell !== undefined) {
        id += random(4) === 0 ? 1 : apart;
        const one = held(id, cell);
        model.set(id, one);
        calls.add(one);
      } else {
        const one = [...model.values()][random(Math.max(1, model.size))];
        if (one === undefined) continue;
        model.delete(one.id);
        free.push(one.cell);
        expect(calls.delete(one)).toBe(true);
      }
      const asked = id - random(1_000);
      expect(calls.get(asked)).toBe(model.get(asked));
    }
    expect(calls.size).toBe(model.size);
    for (const [id, one] of model) expect(calls.get(id)).toBe(one);
  });
});
