import { describe, expect, it } from 'vitest';
import { FreeLanes } from '../../src/delivery/free-lanes.ts';
import { TopicLanes } from '../../src/delivery/topic-lanes.ts';
import { randomFrom } from '../events/samples.ts';
import { LanesModel, type LanesModelOptions } from './lanes-model.ts';

type Kind = Omit<LanesModelOptions, 'random'>;

const topic: Kind = { make: (options) => new TopicLanes(options), order: 'topic', topics: 4, limit: 2 };
const none: Kind = { make: (options) => new FreeLanes(options), order: 'none', topics: 2, limit: 3 };

const kinds: [string, Kind][] = [
  ['few topics, little room', topic],
  ['many topics', { ...topic, topics: 30, limit: 3 }],
  ['one topic', { ...topic, topics: 1, limit: 1 }],
  ['a journal that holds much at the start', { ...topic, topics: 10, before: 60 }],
  ['a bound on bytes', { ...topic, topics: 10, limit: 100, maxBytes: 25, before: 20 }],
  ['order "none"', none],
  ['order "none", and a journal that holds much at the start', { ...none, before: 60 }],
  ['order "none", and a bound on bytes', { ...none, limit: 100, maxBytes: 25, before: 20 }],
];

describe.each(kinds)('lanes: %s', (_name, kind) => {
  it('run every message to its end, once, in order, within their bounds', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const model = new LanesModel({ ...kind, random: randomFrom(seed) });
      const most = Math.min(kind.limit, kind.maxBytes === undefined ? kind.limit : Math.ceil(kind.maxBytes / 10));
      try {
        for (let step = 0; step < 300; step++) {
          model.step();
          expect(model.active).toBeLessThanOrEqual(most);
        }
        model.finish();
        expect(model.done.size).toBe(model.made);
        expect(Math.max(...model.done.values())).toBe(1);
        expect(model.lanes.hasSpillable).toBe(false);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
  });
});
