import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CopyGate } from '../../src/delivery/dedup.ts';
import type { IncomingMessage } from '../../src/types.ts';
import { incoming } from './fixtures.ts';
import { advance, ERR, OK, REJECTED, setUp, useFakeTimers } from './harness.ts';

const copy = (packetId: number, topic: string, id = 'e'): IncomingMessage => {
  const userProperties = Object.entries({ specversion: '1.0', id, source: '/s', type: 't' });
  return incoming(topic, { packetId, properties: { userProperties } });
};

describe('CopyGate', () => {
  const item = (source: string, id: string) => ({ event: { source, id, type: 't', data: new Uint8Array() } });

  it('lets one of each source and id pass, and hands the others back after it', () => {
    const gate = new CopyGate<ReturnType<typeof item>>();
    const [first, second, third] = [item('s', '1'), item('s', '1'), item('s', '1')];
    expect([first, second, third, item('s', '2')].map((one) => gate.enter(one))).toEqual([true, false, false, true]);
    expect(gate.leave(first)).toEqual([second, third]);
    expect([gate.enter(second), gate.leave(second)]).toEqual([true, []]);
  });

  it('does not mix up where the source ends', () => {
    const gate = new CopyGate<ReturnType<typeof item>>();
    expect([gate.enter(item('a', 'bc')), gate.enter(item('ab', 'c'))]).toEqual([true, true]);
  });
});

describe('dedup', () => {
  beforeEach(useFakeTimers);
  afterEach(() => {
    vi.useRealTimers();
  });

  it('drops a copy of a handled event, acknowledged and counted', async () => {
    const { subscriber, calls, answer, journal, statuses } = setUp({ dedup: 60_000 });
    await subscriber.connect(false);
    subscriber.receive(copy(1, 'a'));
    await answer(0, OK);
    expect(journal.settlements[0]?.handled).toEqual({ source: '/s', id: 'e', until: Date.now() + 60_000 });
    subscriber.receive(copy(2, 'b'));
    await advance(0);
    expect([calls.length, subscriber.acknowledged]).toEqual([1, ['puback 1', 'puback 2']]);
    expect(statuses).toContainEqual({ kind: 'dropped', binding: 'b0', reason: 'duplicate', count: 1 });
    subscriber.receive(copy(3, 'c', 'other'));
    await advance(0);
    expect(calls.length).toBe(2);
  });

  it('lets a copy wait for the attempt under way: it runs after a failure, and is dropped after a success', async () => {
    const { subscriber, calls, answer } = setUp({ dedup: 60_000 });
    await subscriber.connect(false);
    for (const [index, topic] of ['a', 'b', 'c'].entries()) subscriber.receive(copy(index + 1, topic));
    await advance(0);
    expect(calls.length).toBe(1);
    await answer(0, ERR);
    expect(calls.map(({ call }) => call.delivery.topic)).toEqual(['a', 'b']);
    await answer(1, OK);
    await advance(60_000);
    expect([calls.length, subscriber.acknowledged]).toEqual([2, ['puback 1', 'puback 2', 'puback 3']]);
  });

  it('remembers neither dead letters nor raw messages', async () => {
    const { subscriber, answer, journal, calls } = setUp({ dedup: 60_000 });
    await subscriber.connect(false);
    subscriber.receive(copy(1, 'a'));
    await answer(0, REJECTED);
    subscriber.receive(incoming('a', { packetId: 2 }));
    await answer(1, OK);
    subscriber.receive(incoming('a', { packetId: 3 }));
    await advance(0);
    expect([calls.length, journal.durable.handled.size]).toEqual([3, 0]);
  });

  it('leaves the message where it is when the journal cannot be read', async () => {
    const { subscriber, journal, statuses } = setUp({ dedup: 60_000 });
    await subscriber.connect(false);
    journal.unreadable = new Error('damaged');
    subscriber.receive(copy(1, 'a'));
    await advance(0);
    expect(subscriber.acknowledged).toEqual([]);
    expect(statuses).toContainEqual(
      expect.objectContaining({ level: 'error', text: expect.stringContaining('damaged') }),
    );
  });
});
