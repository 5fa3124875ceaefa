import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Jobs } from '../../../../src/broker/mqtt/publisher/jobs.ts';
import { OK, TIMED_OUT, type Verdict } from '../../../../src/broker/mqtt/publisher/verdicts.ts';
import { outgoing } from '../../../support/broker-sessions.ts';
import { encoded } from '../messages.ts';

const verdicts: string[] = [];
let settled = 0;

function jobs() {
  const open = new Jobs({
    expired: (job) => job.settle(TIMED_OUT),
    settled: () => {
      settled++;
    },
  });
  const add = (name: string, timeout: number) =>
    open.open({
      event: outgoing('t', name),
      message: encoded('t', name),
      protocol: 5,
      timeout,
      answer: ({ ok }: Verdict) => verdicts.push(`${name} ${ok ? 'ok' : 'timeout'}`),
    });
  return { open, add };
}

beforeEach(() => {
  vi.useFakeTimers();
  verdicts.length = 0;
  settled = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('open publishes', () => {
  test('each expires in its time, whatever the order in which they came', () => {
    const { open, add } = jobs();
    for (const [name, timeout] of [
      ['c', 300],
      ['a', 100],
      ['d', 400],
      ['b', 200],
    ] as const)
      add(name, timeout);
    vi.advanceTimersByTime(98);
    expect(verdicts).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(verdicts).toEqual(['a timeout']);
    add('soon', 50);
    vi.advanceTimersByTime(51);
    expect(verdicts).toEqual(['a timeout', 'soon timeout']);
    vi.advanceTimersByTime(250);
    expect(verdicts).toEqual(['a timeout', 'soon timeout', 'b timeout', 'c timeout', 'd timeout']);
    expect([open.size, settled, vi.getTimerCount()]).toEqual([0, 5, 0]);
  });

  test('one that is settled does not expire, its first verdict counts, and there is one timer for all', () => {
    const { open, add } = jobs();
    const [first, second, third] = [add('1', 100), add('2', 100), add('3', 150)];
    expect(vi.getTimerCount()).toBe(1);
    second?.settle(OK);
    second?.settle(TIMED_OUT);
    expect(open.all()).toEqual([first, third]);
    first?.settle(OK);
    expect(open.all()).toEqual([third]);
    vi.advanceTimersByTime(140);
    expect(verdicts).toEqual(['2 ok', '1 ok']);
    vi.advanceTimersByTime(10);
    expect(verdicts).toEqual(['2 ok', '1 ok', '3 timeout']);
    expect([open.size, settled]).toEqual([0, 3]);
  });

  test('one without any time expires later, never at once', () => {
    const { add } = jobs();
    add('1', 0);
    expect(verdicts).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(verdicts).toEqual(['1 timeout']);
  });

  test('no timer is left behind', () => {
    const { open, add } = jobs();
    add('1', 1_000).settle(OK);
    open.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
