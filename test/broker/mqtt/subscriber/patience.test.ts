import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from '../../../../src/broker/mqtt/subscriber/patience.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function patience() {
  const over = vi.fn();
  return { over, patience: new Patience(over) };
}

test('is over after a second, once', () => {
  const { over, patience: one } = patience();
  one.begin();
  vi.advanceTimersByTime(900);
  one.begin();
  vi.advanceTimersByTime(99);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(over).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(10_000);
  expect(over).toHaveBeenCalledOnce();
});

test.each([0, 100, 249, 900])('what is waited for from %i ms on has a second, and at most a quarter more', (later) => {
  const { over, patience: one } = patience();
  one.renew();
  vi.advanceTimersByTime(later);
  one.renew();
  vi.advanceTimersByTime(999);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(251);
  expect(over).toHaveBeenCalledOnce();
});

test('is never over while there is something else again and again, nor once it was stopped', () => {
  const { over, patience: one } = patience();
  for (let count = 0; count < 100; count++) {
    one.renew();
    vi.advanceTimersByTime(999);
  }
  one.stop();
  vi.advanceTimersByTime(10_000);
  expect(over).not.toHaveBeenCalled();
  one.begin();
  vi.advanceTimersByTime(1_000);
  expect(over).toHaveBeenCalledOnce();
});
