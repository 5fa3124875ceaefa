import { describe, expect, it } from 'vitest';
import { backoffDelay } from '../src/backoff.ts';

const options = { initial: 500, max: 30_000, jitter: 0.2 };

describe('backoffDelay', () => {
  it('doubles from initial to max', () => {
    const middle = () => 0.5;
    expect([1, 2, 3, 7, 8, 2_000].map((n) => backoffDelay(options, n, middle))).toEqual([
      500, 1_000, 2_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('stays within the jitter', () => {
    expect(backoffDelay(options, 1, () => 0)).toBe(400);
    expect(backoffDelay(options, 1, () => 1)).toBe(600);
  });
});
