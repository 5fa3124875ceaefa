import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { randomFrom } from '../events/samples.ts';
import { useFakeTimers } from './harness.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

const RUNS = Number(process.env.SIMULATIONS ?? 100);

const kinds: Record<string, Omit<SimulationOptions, 'random'>> = {
  'kills and lost connections': {
    qos: 2,
    messages: 8,
    steps: 250,
    topics: ['a', 'b'],
    order: 'topic',
    faults: { kill: 0.2, drop: 0.3 },
    failing: 0.4,
  },
  'a lost session': {
    qos: 2,
    messages: 8,
    steps: 200,
    topics: ['a', 'b'],
    order: 'topic',
    faults: { kill: 0.1, drop: 0.3, loseSession: 0.1 },
    failing: 0.3,
  },
  'messages that expire in flight, so that their ids are used again': {
    qos: 2,
    messages: 12,
    steps: 250,
    topics: ['a', 'b', 'c'],
    order: 'topic',
    faults: { kill: 0.1, drop: 0.4, expire: 0.5 },
    failing: 0.3,
  },
  'order "none"': {
    qos: 2,
    messages: 8,
    steps: 250,
    topics: ['a'],
    order: 'none',
    faults: { kill: 0.2, drop: 0.3 },
    failing: 0.4,
  },
  'qos 1': {
    qos: 1,
    messages: 8,
    steps: 250,
    topics: ['a', 'b'],
    order: 'topic',
    faults: { kill: 0.2, drop: 0.3 },
    failing: 0.4,
  },
};

/** Hardly any of its messages is alone. */
const crowd: Omit<SimulationOptions, 'random'> = {
  qos: 2,
  messages: 40,
  steps: 400,
  topics: ['a'],
  order: 'topic',
  faults: { kill: 0.01, drop: 0.05, loseSession: 0.01 },
  window: 16,
  ahead: 8,
  failing: 0.15,
};

/** The same, and one topic alone, with calls that are started before those in front of them have ended. */
const chained = Object.entries(kinds).flatMap(([name, options]) =>
  [options.topics, ['a']].map((topics) => [
    `${name}, chained, ${topics.length} topics`,
    { ...options, topics, ahead: 3 },
  ]),
) as [string, Omit<SimulationOptions, 'random'>][];

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

describe.each([...Object.entries(kinds), ...chained, ['a crowd', crowd] as const])('%s', (_name, options) => {
  it('lose nothing, repeat nothing and keep order', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = randomFrom(seed);
      await new Simulation({ ...options, random }).run().catch((error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
      });
      vi.clearAllTimers();
    }
  });
});
