import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Ahead, isUnderWay } from '../../src/delivery/ahead.ts';
import { Arrival } from '../../src/delivery/arrival.ts';
import { Attempt } from '../../src/delivery/attempt.ts';
import type { Attempts } from '../../src/delivery/attempts.ts';
import type { DeliveryInfo } from '../../src/guest.ts';
import { incoming, settled, spilled } from './fixtures.ts';
import { advance, type Call, ERR, OK, REJECTED, setUp, useFakeTimers } from './harness.ts';

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
  const chains = () => new Set(set.calls.map(({ call }) => call.link?.chain)).size;
  return { ...set, receive, handled, chains };
}

/** An attempt whose end the test tells. */
function started(
  all: Attempt<Arrival>[],
  ...[arrival, transaction, link]: Parameters<Attempts['attempt']>
): Attempt<Arrival> {
  const one = new Attempt(arrival, transaction, link);
  all.push(one);
  return one;
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
  expect(calls[1]?.call.link?.chain).toBe(calls[3]?.call.link?.chain);
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

test.each([
  [0, '1 2 3 4 5'],
  [1, '1 2 3 4 4 5'],
  [2, '1 2 3 4 4 5'],
] as const)(
  'a failure is told together with what is in front of it: that is not run again (qos %i)',
  async (qos, order) => {
    const set = await connected({ qos, transactional: qos === 2 });
    let failures = 0;
    const outcome = ({ call }: Call) => (`${Buffer.from(call.event.data)}` === '4' && ++failures === 1 ? ERR : OK);
    for (const packetId of [1, 2, 3, 4, 5])
      set.subscriber.receive(incoming('a', { qos, packetId: qos && packetId, payload: Buffer.from(`${packetId}`) }));
    await settled();
    const seen = new Set<unknown>([undefined]);
    set.pool.onCall = (made) => {
      const isFirst = seen.size < seen.add(made.call.link?.chain).size;
      // A worker takes up what came in one turn, and tells of it together.
      if (isFirst) setImmediate(() => made.resolve(outcome(made)));
      else made.resolve(outcome(made));
    };
    await set.answer(0, OK);
    await advance(1_000);
    await advance(1_000);
    expect(set.handled()).toBe(order);
    const attempts = set.calls.map(({ call }) => call.delivery.attempt).join(' ');
    expect(attempts).toBe(qos === 0 ? '1 1 1 1 1' : '1 1 1 1 2 1');
  },
);

test('what ran in vain behind a failure was handed to the guest all the same', async () => {
  const ends: Attempt<Arrival>[] = [];
  const attempt: Attempts['attempt'] = (...made) => started(ends, ...made);
  const ahead = new Ahead({ ahead: 4, attempt }, true);
  const event = { id: 'x', source: '/s', type: 't', data: new Uint8Array() };
  const [one, two, three] = [1, 2, 3].map((packetId) => Arrival.ofMessage(incoming('a', { packetId }), event, true));
  if (one === undefined || two === undefined || three === undefined) throw new Error('three of them');
  const taken = ahead.take(one);
  ahead.startBehind(taken, { behind: () => [two, three] });
  const { link } = taken;
  if (link !== undefined) link.chain.brokenAt = link.place;
  // Their worker was ended when two of them had run.
  const [of1, of2, of3] = ends;
  for (const one of [of1, of2]) one?.ended({ kind: 'collateral' });
  of3?.ended({ kind: 'skipped' });
  await settled();
  expect([two, three].map((arrival) => [isUnderWay(arrival), arrival.repeated])).toEqual([
    [false, true],
    [false, false],
  ]);
});

test('what a failure has cut off, and is told of together with it, is told to be redelivered', async () => {
  const made: Attempt<Arrival>[] = [];
  const told: DeliveryInfo[] = [];
  const attempt: Attempts['attempt'] = (...one) => {
    told.push(one[0].delivery);
    return started(made, ...one);
  };
  const attempts = () => ({ ahead: 4, attempt, drop: () => false, stop() {} });
  const { subscriber } = setUp({ qos: 0 }, { attempts });
  await subscriber.connect(false);
  for (const id of ['1', '2', '3'])
    subscriber.receive(incoming('a', { qos: 0, packetId: 0, payload: Buffer.from(id) }));
  made[0]?.ended(OK);
  await settled();
  const [, failing, behind] = made;
  if (failing?.link === undefined || behind === undefined) throw new Error('both are under way');
  failing.link.chain.brokenAt = failing.link.place;
  failing.ended(ERR);
  behind.ended({ kind: 'collateral' });
  await settled();
  expect(told[3]).toMatchObject({ redelivered: true, attempt: 1 });
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
  const { answer, journal, handled, receive, subscriber } = await underWay([3], { maxInFlight: 6 });
  journal.replay(spilled('a', { event: { id: 'r', source: '/s', type: 't', data: Buffer.from('r') } }));
  await receive(4, 5, 6);
  await advance(60_000);
  expect(journal.spills).toEqual([]);
  // What was replayed comes behind it: it was handed over before.
  for (const index of [1, 2]) await answer(index, OK);
  expect([handled(), subscriber.acknowledged.length]).toEqual(['1 2 3 r', 6]);
  expect(journal.spills).toHaveLength(3);
});

test('what comes from the journal is in no chain, and keeps its place', async () => {
  const { answer, journal, calls, handled, receive } = await connected();
  await receive(1);
  journal.replay(spilled('a', { event: { id: 'r', source: '/s', type: 't', data: Buffer.from('r') } }));
  await receive(2, 3);
  await answer(0, OK);
  for (let index = 1; index < calls.length; index++) await answer(index, OK);
  expect([handled(), calls[1]?.call.link?.chain]).toEqual(['1 r 2 3', undefined]);
});

test('with dedup nothing is started before its turn', async () => {
  const { answer, handled, calls } = await connected({ dedup: 60_000 }).then(async (set) => {
    await set.receive(1, 2, 3);
    return set;
  });
  await answer(0, OK);
  expect([handled(), calls[1]?.call.link?.chain]).toEqual(['1 2', undefined]);
});
