import { expect, test } from 'vitest';
import { Seats } from '../../../src/component/pool/seats.ts';

const benches = (count: number) => {
  const [first = { name: 'a', load: 0 }, ...others] = Array.from({ length: count }, (_, i) => ({
    name: String.fromCharCode(97 + i),
    load: 0,
  }));
  return [first, ...others] as const;
};

function seating(count: number, limit: number, topics?: number) {
  const seats = new Seats([...benches(count)], limit, topics);
  const find = (topic: string, spread = false) => seats.for({ binding: 'b', topic, spread });
  const place = (topic: string, spread = false) => {
    const { bench, instance } = find(topic, spread);
    return `${bench.name}${instance}`;
  };
  const busy = (topic: string, load: number, spread = false) => {
    const seat = find(topic, spread);
    seat.load += load;
    seat.bench.load += load;
    return `${seat.bench.name}${seat.instance}`;
  };
  return { place, busy };
}

test('each topic has an instance of its own while there are some, in turn over the workers', () => {
  const { place } = seating(2, 5);
  expect(['t1', 't2', 't3', 't4', 't5'].map((topic) => place(topic))).toEqual(['a0', 'b0', 'a1', 'b1', 'a2']);
  expect(['t5', 't1', 't3'].map((topic) => place(topic))).toEqual(['a2', 'a0', 'a1']);
});

test('further topics are shared out evenly', () => {
  const { place } = seating(2, 4);
  const counts = new Map<string, number>();
  for (let i = 0; i < 40; i++) counts.set(place(`t${i}`), (counts.get(place(`t${i}`)) ?? 0) + 1);
  expect(Object.fromEntries(counts)).toEqual({ a0: 10, a1: 10, b0: 10, b1: 10 });
});

test('a new topic avoids instances and workers that are at work', () => {
  const { place, busy } = seating(2, 4);
  expect([busy('t1', 1), place('t2'), place('t3'), busy('t4', 0)]).toEqual(['a0', 'b0', 'a1', 'b1']);
  // a0 is at work, and so is its worker: the other one's instances come first, though each has a topic as well.
  expect([place('t5'), place('t6'), place('t7')]).toEqual(['b0', 'b1', 'b0']);
  expect([busy('t5', 3), place('t8')]).toEqual(['b0', 'a1']);
});

test('a topic that is forgotten makes room where it was', () => {
  const { place } = seating(2, 2, 3);
  expect(['t1', 't2', 't3', 't4'].map((topic) => place(topic))).toEqual(['a0', 'b0', 'a0', 'b0']);
  // t1 was forgotten, so that a0 has one topic and b0 two.
  expect(place('t5')).toBe('a0');
});

test('calls that may be spread take any idle instance, and a new one only where all are at work', () => {
  const { busy, place } = seating(1, 3);
  const spread = (load: number) => busy('t', load, true);
  expect([spread(0), spread(1), spread(1), spread(1), spread(1), spread(1)]).toEqual([
    'a0',
    'a0',
    'a1',
    'a2',
    'a0',
    'a1',
  ]);
  // Their topic sticks to nothing.
  expect(place('t')).toBe('a2');
});

test('each worker has at least one instance', () => {
  const { place } = seating(3, 1);
  expect([place('t1'), place('t2'), place('t3'), place('t4')]).toEqual(['a0', 'b0', 'c0', 'a0']);
});
