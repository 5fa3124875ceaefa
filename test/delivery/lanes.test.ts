import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../src/delivery/arrival.ts';
import { Fifo } from '../../src/delivery/fifo.ts';
import { Lanes } from '../../src/delivery/lanes.ts';
import { arrival } from './fixtures.ts';

describe('Lanes', () => {
  it('lets one message of a topic run at a time, in order, topics in parallel', () => {
    const lanes = new Lanes('topic');
    const [a1, a2, b1] = [arrival('a'), arrival('a'), arrival('b')] as [Arrival, Arrival, Arrival];
    expect([a1, a2, b1].map((item) => lanes.enter(item))).toEqual([true, false, true]);
    expect(lanes.leave(a1)).toBe(a2);
    expect(lanes.leave(b1)).toBeUndefined();
    expect(lanes.leave(a2)).toBeUndefined();
    expect(lanes.enter(arrival('a'))).toBe(true);
  });

  it('lets everything run with order "none"', () => {
    const lanes = new Lanes('none');
    const [a1, a2] = [arrival('a'), arrival('a')];
    expect([lanes.enter(a1), lanes.enter(a2)]).toEqual([true, true]);
    expect(lanes.leave(a1)).toBeUndefined();
  });
});

describe('Fifo', () => {
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
});
