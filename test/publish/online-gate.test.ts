import { expect, it } from 'vitest';
import { OnlineGate } from '../../src/publish/online-gate.ts';
import { FakePublisher } from './fakes.ts';

it('asks the publisher anew after it was online', async () => {
  const gate = new OnlineGate();
  const publisher = new FakePublisher();
  const first = gate.wait(publisher, 10_000);
  publisher.connect(5);
  expect(await first).toBe(true);
  expect(await gate.wait(publisher, 10_000)).toBe(true);
  expect(publisher.waits).toBe(2);
});

it('keeps publishers apart, and gives up without them', async () => {
  const gate = new OnlineGate();
  const online = new FakePublisher();
  const waits = [gate.wait(online, 10_000), gate.wait(new FakePublisher(), 1)];
  online.connect(5);
  expect(await Promise.all(waits)).toEqual([true, false]);
});
