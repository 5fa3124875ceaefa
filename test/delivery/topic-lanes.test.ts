import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../src/delivery/arrival.ts';
import type { LaneOptions, Lanes } from '../../src/delivery/lanes.ts';
import { TopicLanes } from '../../src/delivery/topic-lanes.ts';
import { arrival, spilled } from './fixtures.ts';
import { MemoryJournal } from './memory-journal.ts';

/** Lanes whose messages run until the test settles them. */
function setUp({ limit = 2, maxBytes = 1_000_000, before = [] as string[], size = 10 } = {}) {
  const journal = new MemoryJournal({ auto: true });
  const row = (topic: string, id: string) =>
    spilled(topic, { event: { id, source: '/s', type: 't', data: Buffer.alloc(size) } });
  journal.replay(...before.map((topic, index) => row(topic, `${index + 1}`)));
  const running: Arrival[] = [];
  const waiting = new Set<Arrival>();
  const hooks: LaneOptions['hooks'] = { run: (one) => running.push(one), drop: (one) => waiting.delete(one) };
  const lanes: Lanes = new TopicLanes({ store: journal, hooks, limit, maxBytes });
  lanes.replayed();
  const fail = (one: Arrival | undefined) => {
    if (one === undefined) throw new Error('nothing runs');
    one.attempts++;
    running.splice(running.indexOf(one), 1);
    waiting.add(one);
    lanes.retrying(one);
    return one;
  };
  const settle = (one: Arrival | undefined) => {
    if (one === undefined) throw new Error('nothing runs');
    running.splice(running.indexOf(one), 1);
    const index = journal.durable.spilled.findIndex((found) => found.row === one.row);
    if (index !== -1) journal.durable.spilled.splice(index, 1);
    lanes.leave(one);
  };
  const spill = () => {
    const taken = lanes.takeSpillable();
    for (const one of taken) {
      one.row = ++journal.durable.lastRow;
      journal.durable.spilled.push({ ...row(one.topic, `row ${one.row}`), row: one.row, attempts: one.attempts });
    }
    lanes.spilled(taken);
    return taken.map(({ topic }) => topic);
  };
  return { journal, lanes, running, waiting, fail, settle, spill, topics: () => running.map(({ topic }) => topic) };
}

describe('TopicLanes', () => {
  it('runs one message of a topic at a time, in order, topics in parallel', () => {
    const { lanes, running, settle } = setUp();
    const [a1, a2, b1] = ['a', 'a', 'b'].map((topic) => arrival(topic));
    for (const one of [a1, a2, b1]) if (one !== undefined) lanes.enter(one);
    expect(running).toEqual([a1, b1]);
    settle(b1);
    settle(a1);
    expect(running).toEqual([a2]);
  });

  it('spills what waits behind a message that is retried, it first, and nothing else', () => {
    const { lanes, running, fail, spill, settle } = setUp();
    for (const topic of ['a', 'b', 'a']) lanes.enter(arrival(topic));
    expect(lanes.hasSpillable).toBe(false);
    fail(running[0]);
    expect(lanes.hasSpillable).toBe(true);
    expect(spill()).toEqual(['a', 'a']);
    expect(lanes.hasSpillable).toBe(false);
    lanes.enter(arrival('b'));
    settle(running[0]);
    expect(spill()).toEqual([]);
    lanes.enter(arrival('a'));
    expect(spill()).toEqual(['a']);
  });

  it('has nothing to spill once the message that was retried is settled', () => {
    const { lanes, running, waiting, fail, settle } = setUp();
    for (const topic of ['a', 'a']) lanes.enter(arrival(topic));
    const first = fail(running[0]);
    waiting.clear();
    running.push(first);
    settle(first);
    expect([lanes.hasSpillable, running.length]).toEqual([false, 1]);
  });

  it('works on no more topics of the journal than it may, and gives each its turn', () => {
    const { running, settle, topics, journal } = setUp({ before: ['a', 'a', 'a', 'b', 'c', 'd'] });
    expect(topics()).toEqual(['a', 'b']);
    settle(running[0]);
    // The others wait for a place, and "a" had its turn.
    expect(topics()).toEqual(['b', 'c']);
    const seen: string[] = [];
    while (running.length > 0) {
      seen.push(running[0]?.topic ?? '');
      settle(running[0]);
    }
    expect([seen.toSorted().join(''), journal.spilledCount]).toEqual(['aabcd', 0]);
  });

  it('loads ahead where nothing else waits, and only small messages', () => {
    const small = setUp({ before: Array.from({ length: 20 }, () => 'a') });
    while (small.running.length > 0) small.settle(small.running[0]);
    expect(small.journal.loads.length).toBeLessThan(8);
    const large = setUp({ before: Array.from({ length: 6 }, () => 'a'), size: 300_000 });
    while (large.running.length > 0) large.settle(large.running[0]);
    expect(Math.max(...large.journal.loads)).toBe(1);
    expect(large.journal.spilledCount).toBe(0);
  });

  it('bounds the bytes that it holds of the journal', () => {
    const { running, settle, journal } = setUp({ limit: 100, maxBytes: 25, before: ['a', 'b', 'c', 'd', 'e'] });
    expect(running.length).toBe(3);
    while (running.length > 0) settle(running[0]);
    expect(journal.spilledCount).toBe(0);
  });

  it('lays down what waits for its next attempt, where too much is spilled, and takes it up again', () => {
    const { lanes, running, waiting, fail, spill, settle, topics, journal } = setUp();
    for (const topic of ['a', 'b', 'c', 'd']) lanes.enter(arrival(topic));
    for (const one of [...running]) fail(one);
    spill();
    expect([waiting.size, running.length]).toEqual([2, 0]);
    for (const one of waiting) running.push(one);
    settle(running[0]);
    settle(running[0]);
    expect(topics().toSorted()).toEqual(['a', 'b']);
    expect(running.map(({ attempts }) => attempts)).toEqual([1, 1]);
    while (running.length > 0) settle(running[0]);
    expect(journal.spilledCount).toBe(0);
  });

  it('forgets a topic that is only in the journal, so that memory does not grow with them', () => {
    const { lanes, journal, spill, topics, running, settle } = setUp({ before: ['a', 'b', 'c'] });
    let asked = 0;
    const hasSpilled = journal.hasSpilled.bind(journal);
    journal.hasSpilled = (topic) => {
      asked++;
      return hasSpilled(topic);
    };
    for (let i = 1; i <= 3; i++) {
      lanes.enter(arrival('c'));
      expect([topics(), spill(), asked]).toEqual([['a', 'b'], ['c'], i]);
    }
    while (running.length > 0) settle(running[0]);
    expect(journal.spilledCount).toBe(0);
  });

  it('takes up what a replay adds to a topic that is being spilled', () => {
    const { lanes, running, fail, spill, settle, journal } = setUp();
    lanes.enter(arrival('a'));
    const first = fail(running[0]);
    journal.durable.spilled.push({ ...spilled('a'), row: ++journal.durable.lastRow });
    lanes.replayed();
    spill();
    running.push(first);
    settle(first);
    expect(running.map(({ row }) => row)).toEqual([1]);
  });

  it('finds topics in the order of their bytes, which is not that of strings', () => {
    // In UTF-16 the first sorts before the second, in UTF-8 after it.
    const [emoji, wide] = ['\u{1F600}', '\uFF5E'];
    const { journal, lanes, running, settle, topics } = setUp({ limit: 1, before: [emoji] });
    journal.replay(spilled(wide));
    lanes.replayed();
    expect(topics()).toEqual([emoji]);
    settle(running[0]);
    expect(topics()).toEqual([wide]);
  });

  it('does not take what is in the window before what is on its way into the journal', () => {
    const { lanes, running, fail, settle, spill, journal } = setUp();
    lanes.enter(arrival('a'));
    const first = fail(running[0]);
    spill();
    lanes.enter(arrival('a'));
    const taken = lanes.takeSpillable();
    lanes.enter(arrival('a'));
    running.push(first);
    settle(first);
    expect([taken.length, running]).toEqual([1, []]);
    for (const one of taken) {
      one.row = ++journal.durable.lastRow;
      journal.durable.spilled.push({ ...spilled('a'), row: one.row });
    }
    lanes.spilled(taken);
    expect(running.map(({ row }) => row)).toEqual([2]);
    settle(running[0]);
    expect(running.map(({ row }) => row)).toEqual([undefined]);
  });
});
