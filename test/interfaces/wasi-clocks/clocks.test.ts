import { expect, it } from 'vitest';
import { linked } from '../linked.ts';

it('tells the time of day', () => {
  const clock = linked('wasi:clocks/wall-clock');
  const before = Date.now();
  const { seconds, nanoseconds } = clock.now();
  const milliseconds = Number(seconds) * 1000 + nanoseconds / 1e6;
  expect(milliseconds).toBeGreaterThanOrEqual(before);
  expect(milliseconds).toBeLessThanOrEqual(Date.now());
  expect(clock.resolution()).toEqual({ seconds: 0n, nanoseconds: 1_000_000 });
});

it('never goes back', () => {
  const { now, resolution } = linked('wasi:clocks/monotonic-clock');
  const first = now();
  expect(now()).toBeGreaterThanOrEqual(first);
  expect(resolution()).toBe(1n);
});

it('does not tell where the host is', () => {
  const { display, utcOffset } = linked('wasi:clocks/timezone');
  const when = { seconds: 0n, nanoseconds: 0 };
  expect(utcOffset(when)).toBe(0);
  expect(display(when)).toEqual({ utcOffset: 0, name: 'UTC', inDaylightSavingTime: false });
});
