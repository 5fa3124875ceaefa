import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { incoming, settled } from './fixtures.ts';
import { OK, publishOf, setUpPull, useFakeTimers } from './harness.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

/** A guest that asks, and what has arrived for it. */
async function holding(qos: 1 | 2, maxInFlight: number, ...topics: string[]) {
  const set = setUpPull({ qos, maxInFlight });
  await set.subscriber.connect(false);
  const arrive = (...more: string[]) => {
    for (const topic of more) set.subscriber.receive(incoming(topic, { packetId: ++packetId, qos }));
  };
  let packetId = 0;
  arrive(...topics);
  return { ...set, arrive };
}

describe('what one stream was handed and the guest has not read', () => {
  it('is not settled by a read of another stream of the binding, and comes again', async () => {
    const { receive, pull, subscriber, journal } = await holding(2, 100, 'a', 'b', 'c');
    const first = await receive('#', pull, true);
    const second = await receive('#', pull, true, [first.request]);
    expect([first.text(), second.text(), subscriber.acknowledged]).toEqual(['a', 'b', []]);
    expect((await receive('#', pull, true, [first.request])).text()).toBe('c');
    expect(subscriber.acknowledged).toEqual([]);
    expect(journal.durable.markers.size).toBe(1);
    pull.withdraw(first.request);
    expect((await receive()).text()).toBe('a');
    pull.end(OK);
    await settled();
    expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2', 'pubrec 3']);
  });

  it('takes no publish into its transaction: given back, it would take that along', async () => {
    const { receive, pull, journal } = await holding(2, 100, 'a', 'b');
    const read = await receive('a', pull, true);
    const unread = await receive('b', pull, true, [read.request]);
    expect(pull.current()?.event?.source).toBe('b');
    const { transaction } = pull.current([unread.request]) ?? {};
    transaction?.publishes.push(publishOf('kept'));
    expect(pull.current([unread.request])?.event?.source).toBe('a');
    expect(pull.current([read.request, unread.request])).toBeUndefined();
    pull.withdraw(unread.request);
    pull.end(OK);
    await settled();
    expect(journal.durable.published.length).toBe(1);
  });

  it.each(['before', 'while'])('and was given back %s it waits for something else, holds up nothing', async (when) => {
    const { receive, call, journal, subscriber, pull, arrive } = await holding(1, 4, 'a', 'x');
    const given = await receive('a', pull, true);
    const waiting = when === 'while' ? await receive('b', call()) : undefined;
    pull.withdraw(given.request);
    const wanted = waiting ?? (await receive('b', call()));
    await settled();
    expect(journal.spills.map(({ topic }) => topic).toSorted()).toEqual(['a', 'x']);
    expect(subscriber.acknowledged.toSorted()).toEqual(['puback 1', 'puback 2']);
    arrive('b');
    await settled();
    expect(wanted.text()).toBe('b');
    expect((await receive('a')).text()).toBe('a');
  });
});
