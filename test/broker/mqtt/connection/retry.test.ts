import { describe, expect, test } from 'vitest';
import { Retry, TakeoverWatch } from '../../../../src/broker/mqtt/connection/retry.ts';

const unjittered = () => 0.5;

describe('Retry', () => {
  test('failures double the delay up to 30 s, with jitter', () => {
    const retry = new Retry(unjittered);
    expect(Array.from({ length: 9 }, () => retry.failed())).toEqual([
      250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect(new Retry(() => 0).failed()).toBe(200);
    expect(new Retry(() => 1).failed()).toBe(300);
  });

  test('a connection that lasted starts again, short ones slow down after a few', () => {
    const retry = new Retry(unjittered);
    for (let i = 0; i < 8; i++) retry.failed();
    expect(retry.lost(60_000)).toBe(250);
    expect(Array.from({ length: 7 }, () => retry.lost(10))).toEqual([250, 250, 250, 250, 500, 1000, 2000]);
    expect(retry.lost(60_000)).toBe(250);
  });

  test('losses whose cause was put aside slow nothing down', () => {
    const retry = new Retry(unjittered);
    for (let i = 0; i < 10; i++) retry.lost(10);
    retry.mended();
    expect(Array.from({ length: 5 }, () => retry.lost(10))).toEqual([250, 250, 250, 250, 250]);
  });
});

describe('TakeoverWatch', () => {
  test('three quick closes with nothing unanswered', () => {
    const watch = new TakeoverWatch();
    expect([watch.closed(900, true), watch.closed(5, true), watch.closed(1000, true)]).toEqual([false, false, true]);
  });

  test('a longer connection starts the count again', () => {
    const watch = new TakeoverWatch();
    const seen = [watch.closed(5, true), watch.closed(5, true), watch.closed(1001, true), watch.closed(5, true)];
    expect([...seen, watch.closed(5, true), watch.closed(5, true)]).toEqual([false, false, false, false, false, true]);
  });

  test('an attempt that fails starts the count again: the broker itself comes and goes', () => {
    const watch = new TakeoverWatch();
    const crash = () => {
      const taken = watch.closed(5, true);
      watch.failed();
      return taken;
    };
    expect([crash(), crash(), crash(), crash()]).toEqual([false, false, false, false]);
  });

  test('a close with something unanswered says nothing', () => {
    const watch = new TakeoverWatch();
    expect([1, 2, 3, 4].map(() => watch.closed(5, false))).toEqual([false, false, false, false]);
  });
});
