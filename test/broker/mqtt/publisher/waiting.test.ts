import { describe, expect, test } from 'vitest';
import { type Job, Waiting } from '../../../../src/broker/mqtt/publisher/waiting.ts';
import { outgoing } from '../../../support/broker-sessions.ts';
import { encoded } from '../messages.ts';

function job(text: string): Job {
  return {
    event: outgoing('t', text),
    message: encoded('t', text),
    protocol: 5,
    bytes: text.length,
    settle: () => {},
    settled: false,
    row: undefined,
    packetId: 0,
  };
}

function drain(waiting: Waiting): string[] {
  const texts: string[] = [];
  for (let next = waiting.first; next !== undefined; next = waiting.first) {
    texts.push(Buffer.from(next.message.payload).toString());
    waiting.shift();
  }
  return texts;
}

describe('Waiting', () => {
  test('first come, first served, without those that were taken out', () => {
    const waiting = new Waiting(100, 10_000);
    const jobs = ['a', 'b', 'c', 'd'].map(job);
    for (const one of jobs) expect(waiting.add(one)).toBe(true);
    waiting.remove(jobs[0] as Job);
    waiting.remove(jobs[2] as Job);
    expect(waiting.size).toBe(2);
    expect(drain(waiting)).toEqual(['b', 'd']);
    expect(waiting.size).toBe(0);
  });

  test('is bounded in number and bytes', () => {
    const few = new Waiting(2, 10_000);
    expect([few.add(job('a')), few.add(job('b')), few.add(job('c'))]).toEqual([true, true, false]);
    const small = new Waiting(100, 1000);
    expect(small.add(job('x'.repeat(5000)))).toBe(true);
    expect(small.add(job('x'))).toBe(false);
    small.shift();
    expect(small.add(job('x'))).toBe(true);
  });

  test('what comes and goes out of turn frees its place', () => {
    const waiting = new Waiting(10, 10_000);
    expect(waiting.add(job('first'))).toBe(true);
    for (let i = 0; i < 20_000; i++) {
      const one = job('x');
      expect(waiting.add(one)).toBe(true);
      waiting.remove(one);
    }
    expect(waiting.size).toBe(1);
    waiting.add(job('last'));
    expect(drain(waiting)).toEqual(['first', 'last']);
  });
});
