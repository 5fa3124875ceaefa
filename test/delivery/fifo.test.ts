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
