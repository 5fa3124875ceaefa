import { expect, it } from 'vitest';
import { Fifo } from '../../src/delivery/fifo.ts';

it('keeps order and length through growth and compaction', () => {
  const fifo = new Fifo<number>();
  let next = 0;
  for (let i = 0; i < 5_000; i++) {
    fifo.push(i);
    if (i % 3 === 0) expect(fifo.shift()).toBe(next++);
  }
  expect(fifo.length).toBe(5_000 - next);
  expect(fifo.first).toBe(next);
  while (fifo.length > 0) expect(fifo.shift()).toBe(next++);
  expect(next).toBe(5_000);
  expect(fifo.shift()).toBeUndefined();
  fifo.push(1);
  fifo.clear();
  expect(fifo.length).toBe(0);
});

it('is the same after it was empty, and holds on to nothing that has left it', () => {
  const fifo = new Fifo<string>();
  for (const round of ['a', 'b', 'c']) {
    for (let i = 0; i < 3; i++) fifo.push(`${round}${i}`);
    expect([fifo.shift(), fifo.first, fifo.slice(0, 9)]).toEqual([
      `${round}0`,
      `${round}1`,
      [`${round}1`, `${round}2`],
    ]);
    expect([fifo.slice(1, 1), fifo.slice(2, 1)]).toEqual([[`${round}2`], []]);
    expect([fifo.shift(), fifo.shift(), fifo.shift(), fifo.first]).toEqual([
      `${round}1`,
      `${round}2`,
      undefined,
      undefined,
    ]);
    expect([fifo.length, fifo.slice(0, 9)]).toEqual([0, []]);
    // One alone, at a place where there was another.
    fifo.push('one');
    expect([fifo.slice(0, 9), fifo.shift(), fifo.length]).toEqual([['one'], 'one', 0]);
  }
});
