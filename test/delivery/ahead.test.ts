import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { incoming, settled, spilled } from './fixtures.ts';
import { advance, ERR, OK, REJECTED, setUp, useFakeTimers } from './harness.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

async function connected(more: Parameters<typeof setUp>[0] = {}) {
  const set = setUp({ qos: 2, ...more }, { ahead: 4 });
  await set.subscriber.connect(false);
  const receive = async (...ids: number[]) => {
    for (const packetId of ids)
      set.subscriber.receive(incoming('a', { qos: 2, packetId, payload: Buffer.from(`${packetId}`) }));
    await settled();
  };
  /** What the guest was called with, in order. */
  const handled = () => set.calls.map(({ call }) => Buffer.from(call.event.data).toString()).join(' ');
  const chains = () => new Set(set.calls.map(({ call }) => call.chain)).size;
  return { ...set, receive, handled, chains };
}

/** 1 was handled, 2 runs, and what is behind it was started. */
async function underWay(behind: readonly number[], more: Parameters<typeof setUp>[0] = {}) {
  const set = await connected(more);
  await set.receive(1, 2, ...behind);
  await set.answer(0, OK);
  expect(set.handled()).toBe('1 2');
  return set;
}

test('messages of a topic are one chain, and each is committed in its turn', async () => {
  const { answer, journal, chains, calls, handled } = await underWay([3, 4]);
  journal.auto = false;
  await answer(1, OK, 'of 2');
  await answer(2, OK, 'of 3');
  await answer(3, OK, 'of 4');
  expect([handled(), chains()]).toEqual(['1 2 3 4', 2]);
  expect(calls[1]?.call.chain).toBe(calls[3]?.call.chain);
  expect(journal.pending).toEqual(['settle', 'settle', 'settle']);
  journal.commit();
  expect(journal.durable.published.map(({ event }) => event.id)).toEqual(['of 2', 'of 3', 'of 4']);
});

test.each([
  ['fails', ERR, '1 2 2 3 4'],
  ['is rejected', REJECTED, '1 2 3 4'],
])('what is behind a message that %s comes after it, once', async (_what, outcome, order) => {
  const { answer, handled, calls, journal, subscriber } = await underWay([3, 4]);
  await answer(1, outcome, 'never');
  expect(handled()).toBe(outcome === ERR ? '1 2' : '1 2 3');
  await advance(240);
  for (let index = 2; index < 5; index++) {
    await advance(1_000);
    if (calls.length > index) await answer(index, OK, `${index}`);
  }
  expect(handled()).toBe(order);
  expect(calls.map(({ call }) => call.delivery.attempt).join(' ')).toBe(outcome === ERR ? '1 1 2 1 1' : '1 1 1 1');
  expect(journal.durable.published.map(({ event }) => event.id)).not.toContain('never');
  expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2', 'pubrec 3', 'pubrec 4']);
});

test('a drain sees to its end what is under way, and starts nothing behind it', async () => {
  const { answer, delivery, dispatcher, handled, subscriber } = await underWay([3, 4, 5, 6, 7]);
  delivery.drain();
  dispatcher.stop();
  let idle = false;
  void dispatcher.whenIdle(60_000).then(() => {
    idle = true;
  });
  for (const index of [1, 2, 3, 4, 5]) {
    expect(idle).toBe(false);
    await answer(index, OK);
  }
  expect([handled(), idle]).toEqual(['1 2 3 4 5 6', true]);
  expect(subscriber.acknowledged.at(-1)).toBe('pubrec 6');
});

test('after a drain nothing is run again behind one that failed', async () => {
  const { answer, delivery, handled, subscriber } = await underWay([3]);
  delivery.drain();
  await answer(1, ERR);
  await advance(60_000);
  expect([handled(), subscriber.acknowledged]).toEqual(['1 2', ['pubrec 1']]);
});

test('what is under way is not spilled', async () => {
  const { answer, journal, handled, receive } = await underWay([3], { maxInFlight: 6 });
  journal.replay(spilled('a', { event: { id: 'r', source: '/s', type: 't', data: Buffer.from('r') } }));
  await receive(4, 5, 6);
  await advance(60_000);
  expect(journal.spills).toEqual([]);
  await answer(1, OK);
  expect(handled()).toContain('3');
});

test('what comes from the journal is in no chain, and keeps its place', async () => {
  const { answer, journal, calls, handled, receive } = await connected();
  await receive(1);
  journal.replay(spilled('a', { event: { id: 'r', source: '/s', type: 't', data: Buffer.from('r') } }));
  await receive(2, 3);
  await answer(0, OK);
  for (let index = 1; index < calls.length; index++) await answer(index, OK);
  expect([handled(), calls[1]?.call.chain]).toEqual(['1 r 2 3', undefined]);
});

test('with dedup nothing is started before its turn', async () => {
  const { answer, handled, calls } = await connected({ dedup: 60_000 }).then(async (set) => {
    await set.receive(1, 2, 3);
    return set;
  });
  await answer(0, OK);
  expect([handled(), calls[1]?.call.chain]).toEqual(['1 2', undefined]);
});
