import { expect, test } from 'vitest';
import { Arrival, type Attempted } from '../../src/delivery/arrival.ts';
import { PublishingAttempts } from '../../src/delivery/publishing-attempts.ts';
import { incoming } from './fixtures.ts';

test('a message is found by its event until the last of its attempts has ended', async () => {
  const ends: (() => void)[] = [];
  const attempt = () =>
    new Promise<Attempted>((resolve) => {
      ends.push(() => resolve({ outcome: { kind: 'skipped' }, started: 0 }));
    });
  const attempts = new PublishingAttempts({ attempt, drop: () => false, stop: () => {} });
  const event = { id: 'x', source: '/s', type: 't', data: new Uint8Array() };
  const arrival = Arrival.ofMessage(incoming('a'), event, true);
  const skipped = attempts.attempt(arrival, undefined);
  arrival.brokerAway = { whenOnline: async () => {} };
  const again = attempts.attempt(arrival, undefined);
  expect([attempts.of(event), arrival.brokerAway, attempts.ahead]).toEqual([arrival, undefined, 0]);
  ends[0]?.();
  await skipped;
  expect(attempts.of(event)).toBe(arrival);
  ends[1]?.();
  await again;
  expect(attempts.of(event)).toBeUndefined();
});
