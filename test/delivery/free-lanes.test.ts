import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../src/delivery/arrival.ts';
import { FreeLanes } from '../../src/delivery/free-lanes.ts';
import { arrival, spilled } from './fixtures.ts';
import { MemoryJournal } from './memory-journal.ts';

function setUp({ limit = 1, before = 0 } = {}) {
  const journal = new MemoryJournal();
  journal.replay(...Array.from({ length: before }, () => spilled('a')));
  const running: Arrival[] = [];
  const waiting = new Set<Arrival>();
  const lanes = new FreeLanes({
    store: journal,
    hooks: { run: (one) => running.push(one), drop: (one) => waiting.delete(one) },
    limit,
    maxBytes: 1_000_000,
  });
  lanes.replayed();
  const fail = () => {
    const one = running.shift();
    if (one === undefined) throw new Error('nothing runs');
    waiting.add(one);
    lanes.retrying(one);
    return one;
  };
  const spill = () => {
    const taken = lanes.takeSpillable();
    for (const one of taken) {
      one.row = ++journal.durable.lastRow;
      journal.durable.spilled.push({ ...spilled(one.topic), row: one.row });
    }
    lanes.spilled(taken);
    return taken;
  };
  const settle = (one: Arrival | undefined) => {
    if (one === undefined) throw new Error('nothing runs');
    if (running.includes(one)) running.splice(running.indexOf(one), 1);
    const index = journal.durable.spilled.findIndex(({ row }) => row === one.row);
    if (index !== -1) journal.durable.spilled.splice(index, 1);
    lanes.leave(one);
  };
  return { journal, lanes, running, waiting, fail, spill, settle };
}

describe('FreeLanes', () => {
  it('runs everything at once, and spills what is retried alone', () => {
    const { lanes, running, fail, spill } = setUp();
    for (const topic of ['a', 'a', 'b']) lanes.enter(arrival(topic));
    expect([running.length, lanes.hasSpillable]).toEqual([3, false]);
    const first = fail();
    expect(lanes.hasSpillable).toBe(true);
    expect(spill()).toEqual([first]);
    expect(lanes.hasSpillable).toBe(false);
  });

  it('does not spill what was settled since, or is being settled', () => {
    const { lanes, fail, settle, spill } = setUp();
    for (const topic of ['a', 'b']) lanes.enter(arrival(topic));
    const [first, second] = [fail(), fail()];
    settle(first);
    second.settling = true;
    expect(spill()).toEqual([]);
  });

  it('lays down what waits where too much is spilled, and takes it up again', () => {
    const { lanes, running, waiting, fail, spill, settle } = setUp();
    for (const topic of ['a', 'b', 'c']) lanes.enter(arrival(topic));
    const [first] = [fail(), fail(), fail()];
    spill();
    expect([...waiting]).toEqual([first]);
    settle(first);
    expect(running.map(({ row }) => row)).toEqual([2]);
    settle(running[0]);
    expect(running.map(({ row }) => row)).toEqual([3]);
  });

  it('goes round, so that a row before the last one that was taken up is found', () => {
    const { journal, running, lanes, settle } = setUp({ limit: 2, before: 4 });
    const [first, second] = running;
    settle(second);
    // It was laid down meanwhile, and is in the journal still.
    journal.durable.spilled.splice(1, 0, { ...spilled('a'), row: 2 });
    lanes.replayed();
    const rows = () => running.map(({ row }) => row);
    expect(rows()).toEqual([1, 3]);
    settle(first);
    expect(rows()).toEqual([3, 4]);
    settle(running[0]);
    expect(rows()).toEqual([4, 2]);
    while (running.length > 0) settle(running[0]);
    expect(journal.spilledCount).toBe(0);
  });
});
