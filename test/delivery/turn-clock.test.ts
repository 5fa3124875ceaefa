import { expect, test } from 'vitest';
import { TurnClock } from '../../src/delivery/turn-clock.ts';

test('is read once in a turn, and anew in the next', async () => {
  let time = 0;
  const clock = new TurnClock(() => ++time);
  expect([clock.now(), clock.now()]).toEqual([1, 1]);
  await Promise.resolve();
  expect([clock.now(), clock.now()]).toEqual([2, 2]);
});
