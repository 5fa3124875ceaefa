import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GuestCall } from '../../src/guest.ts';
import { incoming, settled } from './fixtures.ts';
import { advance, ERR, kinds, OK, REJECTED, setUp, topics, useFakeTimers } from './harness.ts';
import { MemoryJournal } from './memory-journal.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

async function connected(more: Parameters<typeof setUp>[0] = {}, options: Parameters<typeof setUp>[1] = {}) {
  const set = setUp(more, options);
  await set.subscriber.connect(false);
  return set;
}

/** With commits that the test makes from here on. */
async function held(more: Parameters<typeof setUp>[0] = {}) {
  const set = await connected(more);
  set.journal.auto = false;
  const commit = async () => {
    set.journal.commit();
    await settled();
  };
  return { ...set, commit };
}

describe('a message', () => {
  it.each([
    ['topic', false],
    ['none', true],
  ] as const)('may go to any instance only with order "none": %j', async (order, spread) => {
    const { subscriber, calls } = await connected({ order });
    subscriber.receive(incoming('a/1'));
    expect(calls[0]?.call.spread).toBe(spread);
  });

  it('is acknowledged after ok and not before; at qos 1 nothing is written for it', async () => {
    const { subscriber, journal, calls, answer } = await connected();
    subscriber.receive(incoming('a/1'));
    expect(calls[0]?.call).toMatchObject({ binding: 'b0', handler: 'on_message', timeout: 30_000 });
    expect(calls[0]?.call.delivery).toMatchObject({ topic: 'a/1', attempt: 1, redelivered: false });
    expect(subscriber.acknowledged).toEqual([]);
    await answer(0, OK);
    expect(subscriber.acknowledged).toEqual(['puback 1']);
    expect([journal.settlements, calls[0]?.call.transaction]).toEqual([[], undefined]);
  });

  it('at qos 2 is acknowledged after the commit of its marker and effects, one commit for all', async () => {
    const { subscriber, journal, answer, commit } = await held({ qos: 2 });
    subscriber.receive(incoming('a', { qos: 2 }));
    await answer(0, OK, 'one', 'two');
    expect([journal.pending, subscriber.acknowledged]).toEqual([['settle'], []]);
    expect(journal.settlements).toMatchObject([{ marker: true, id: { packetId: 1 }, publishes: [{}, {}] }]);
    await commit();
    expect([journal.pending, subscriber.acknowledged]).toEqual([[], ['pubrec 1']]);
    expect([journal.durable.published.length, journal.durable.markers.size]).toEqual([2, 1]);
  });

  it('holds up the next one of its topic until its result, not until its commit', async () => {
    const { subscriber, journal, calls, answer, commit } = await held({ qos: 2 });
    for (const packetId of [1, 2]) subscriber.receive(incoming('a', { qos: 2, packetId }));
    expect(calls).toHaveLength(1);
    await answer(0, OK, 'one');
    expect([calls.length, subscriber.acknowledged]).toEqual([2, []]);
    await answer(1, OK, 'two');
    expect([journal.pending, subscriber.acknowledged]).toEqual([['settle', 'settle'], []]);
    await commit();
    expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2']);
    expect(journal.durable.published.map(({ event }) => event.id)).toEqual(['one', 'two']);
  });

  it('of a transaction at qos 1 is acknowledged after the commit of its effects, without a marker', async () => {
    const { subscriber, journal, answer, commit, statuses } = await held({ transactional: true });
    subscriber.receive(incoming('a'));
    await answer(0, OK, 'one');
    expect(subscriber.acknowledged).toEqual([]);
    expect(kinds(statuses)).not.toContain('published');
    await commit();
    expect([subscriber.acknowledged, journal.durable.markers.size]).toEqual([['puback 1'], 0]);
    expect(statuses).toContainEqual({ kind: 'published', topic: 'out', qos: 2, broker: 'tcp://127.0.0.1:1883' });
  });

  it('that fails has no effect, and each attempt has a transaction of its own', async () => {
    const { subscriber, journal, calls, answer } = await connected({ qos: 2 });
    subscriber.receive(incoming('a', { qos: 2 }));
    await answer(0, ERR, 'lost');
    await advance(500);
    expect(calls[1]?.call.transaction).toEqual({ publishes: [], bytes: 0 });
    await answer(1, OK, 'kept');
    expect(journal.durable.published.map(({ event }) => event.id)).toEqual(['kept']);
  });

  it('keeps the order of its topic, and topics run in parallel', async () => {
    const { subscriber, calls, answer } = await connected();
    for (const [index, topic] of ['a', 'a', 'b'].entries())
      subscriber.receive(incoming(topic, { packetId: index + 1 }));
    expect(topics(calls)).toEqual(['a', 'b']);
    await answer(0, OK);
    expect(topics(calls)).toEqual(['a', 'b', 'a']);
  });

  it('is retried with backoff and the same event', async () => {
    const { subscriber, calls, answer } = await connected();
    subscriber.receive(incoming('a'));
    await answer(0, ERR);
    await advance(499);
    expect(calls.length).toBe(1);
    await advance(1);
    expect(calls[1]?.call.event).toBe(calls[0]?.call.event);
    expect(calls[1]?.call.delivery).toMatchObject({ attempt: 2, redelivered: true });
    await answer(1, OK);
    expect(subscriber.acknowledged).toEqual(['puback 1']);
  });

  it('gives up at qos 0, reports it and journals nothing', async () => {
    const { subscriber, statuses, journal, answer, calls } = await connected();
    subscriber.receive(incoming('a', { qos: 0, packetId: 0 }));
    await answer(0, ERR);
    await advance(60_000);
    expect([calls.length, subscriber.window.messages, journal.settlements]).toEqual([1, 0, []]);
    expect(kinds(statuses).filter((kind) => kind === 'lost-attempt').length).toBe(1);
  });

  it.each([0, 1, 2] as const)('at qos %i runs again when it was lost for another, without an attempt', async (qos) => {
    const { subscriber, calls, answer, journal } = await connected({ qos });
    subscriber.receive(incoming('a', { qos, packetId: qos === 0 ? 0 : 1 }));
    await answer(0, { kind: 'collateral' });
    // It was begun, so that some of it may have been handled.
    expect(calls.map(({ call }) => call.delivery.redelivered)).toEqual([false, true]);
    expect([calls[1]?.call.delivery.attempt, journal.durable.attempts.size]).toEqual([1, 0]);
  });

  it('stays unacknowledged, and says so, when its result cannot be committed', async () => {
    const { subscriber, journal, statuses, answer } = await held({ qos: 2 });
    subscriber.receive(incoming('a', { qos: 2 }));
    await answer(0, OK);
    journal.fail(new Error('disk gone'));
    await settled();
    expect(subscriber.acknowledged).toEqual([]);
    expect(statuses).toContainEqual(
      expect.objectContaining({ level: 'error', text: expect.stringContaining('disk gone') }),
    );
  });
});

describe('a dead letter', () => {
  it('is made after the last attempt, and acknowledged once it is committed with its marker', async () => {
    const { subscriber, journal, answer, commit, statuses } = await held({
      qos: 2,
      retry: { attempts: 2, initial: 10, max: 10, jitter: 0 },
    });
    subscriber.receive(incoming('a', { qos: 2 }));
    await answer(0, { kind: 'trap', message: 'unreachable' });
    await commit();
    await advance(10);
    await answer(1, { kind: 'timeout' }, 'not published');
    expect([journal.durable.letters.length, subscriber.acknowledged]).toEqual([0, []]);
    expect(kinds(statuses)).not.toContain('dead-letter');
    await commit();
    expect(journal.durable.letters).toMatchObject([{ binding: 'b0', topic: 'a', qos: 2, attempts: 2 }]);
    expect([journal.durable.markers.size, journal.durable.attempts.size]).toEqual([1, 0]);
    expect([journal.durable.published.length, subscriber.acknowledged]).toEqual([0, ['pubrec 1']]);
    expect(kinds(statuses)).toContain('dead-letter');
  });

  it('is made of a rejected message at once, and published in the same commit where the binding says so', async () => {
    const { subscriber, journal, answer, outbox } = await connected({ deadLetter: 'dead' });
    subscriber.receive(incoming('a'));
    await answer(0, REJECTED);
    expect(journal.commits.at(-1)).toEqual(['settle']);
    expect(journal.settlements[0]?.publishes).toMatchObject([{ outbox, event: { topic: 'dead', qos: 1 } }]);
    expect([journal.durable.letters.length, subscriber.acknowledged]).toEqual([1, ['puback 1']]);
  });
});

describe('a binding', () => {
  const away = { whenOnline: () => Promise.resolve() };

  it('pauses intake while the broker to publish to is away, and counts no attempt', async () => {
    const back = Promise.withResolvers<void>();
    const { delivery, subscriber, calls, answer } = await connected();
    subscriber.receive(incoming('a'));
    delivery.publishFailed(calls[0]?.call.event as GuestCall['event'], { whenOnline: () => back.promise });
    await answer(0, { kind: 'err', error: { tag: 'connection', val: 'offline' } });
    expect(subscriber.log).toEqual(['pause']);
    back.resolve();
    await settled();
    expect(subscriber.log).toEqual(['pause', 'resume']);
    expect(calls[1]?.call.delivery.attempt).toBe(1);
  });

  it('lets what was taken in wait, too: it would only hold a place that other bindings can use', async () => {
    const back = Promise.withResolvers<void>();
    const { delivery, subscriber, calls, answer } = await connected({}, { capacity: 1 });
    for (const id of [1, 2]) subscriber.receive(incoming(`a/${id}`, { packetId: id }));
    delivery.publishFailed(calls[0]?.call.event as GuestCall['event'], { whenOnline: () => back.promise });
    await answer(0, ERR);
    expect(calls.length).toBe(1);
    back.resolve();
    await settled();
    await answer(1, OK);
    expect(topics(calls)).toEqual(['a/1', 'a/1', 'a/2']);
  });

  it('forgets a broker that was away once the message is attempted again', async () => {
    const { delivery, subscriber, calls, answer } = await connected();
    subscriber.receive(incoming('a'));
    delivery.publishFailed(calls[0]?.call.event as GuestCall['event'], away);
    await answer(0, ERR);
    await answer(1, ERR);
    await advance(500);
    expect(calls[2]?.call.delivery.attempt).toBe(2);
  });

  it('counts an attempt where the broker goes away each time over what was sent, and none where nothing was', async () => {
    const { delivery, subscriber, calls, answer } = await connected({
      retry: { attempts: 3, initial: 100, max: 1000, jitter: 0 },
    });
    subscriber.receive(incoming('a'));
    const fail = async (sent: boolean) => {
      const index = calls.length - 1;
      delivery.publishFailed(calls[index]?.call.event as GuestCall['event'], away, sent);
      await answer(index, { kind: 'err', error: { tag: 'timeout' } });
      return calls[index]?.call.delivery.attempt;
    };
    for (let i = 0; i < 5; i++) expect(await fail(false)).toBe(1);
    for (let i = 0; i < 3; i++) expect(await fail(true)).toBe(1);
    expect(await fail(true)).toBe(1);
    await advance(60_000);
    expect(await fail(true)).toBe(2);
    await advance(60_000);
    expect(await fail(true)).toBe(3);
    await settled();
    expect(subscriber.acknowledged).toEqual(['puback 1']);
  });

  it('holds intake for the journal and for a broker, and goes on when neither is left', async () => {
    const { delivery, subscriber } = await connected();
    delivery.hold(true);
    delivery.hold(true);
    delivery.hold(false);
    expect(subscriber.log).toEqual(['pause', 'resume']);
  });

  it('acknowledges and drops what matches no filter, said once', async () => {
    const { subscriber, calls, statuses } = await connected({ filters: ['a'] });
    for (const packetId of [1, 2]) subscriber.receive(incoming('elsewhere', { packetId }));
    expect([calls.length, subscriber.acknowledged]).toEqual([0, ['puback 1', 'puback 2']]);
    expect(kinds(statuses)).toEqual(['subscribed', 'dropped', 'notice', 'dropped']);
  });

  it('says once that messages arrive at a lower qos', async () => {
    const { subscriber, statuses } = await connected({ qos: 2 });
    for (const packetId of [1, 2]) subscriber.receive(incoming('a', { packetId }));
    expect(kinds(statuses).filter((kind) => kind === 'notice').length).toBe(1);
  });

  it('starts nothing while draining, and neither acknowledges, retries nor spills what fails', async () => {
    const { delivery, subscriber, dispatcher, calls, journal, answer } = await connected({}, { capacity: 1 });
    for (const id of [1, 2]) subscriber.receive(incoming(`a/${id}`, { packetId: id }));
    delivery.drain();
    dispatcher.stop();
    subscriber.receive(incoming('a/3', { packetId: 3 }));
    await answer(0, ERR);
    await advance(60_000);
    expect([subscriber.log, calls.length, subscriber.acknowledged]).toEqual([['stopIntake'], 1, []]);
    expect([journal.durable.attempts.size, journal.spills]).toEqual([1, []]);
  });

  it('spills nothing any more once it drains, though it was about to', async () => {
    const { delivery, subscriber, journal, answer } = await connected();
    subscriber.receive(incoming('a'));
    await answer(0, ERR);
    delivery.drain();
    await advance(60_000);
    expect(journal.spills).toEqual([]);
  });

  it('acknowledges a call that ends within the drain, and leaves one that is cut', async () => {
    const { delivery, subscriber, dispatcher, answer } = await connected();
    for (const id of [1, 2]) subscriber.receive(incoming(`a/${id}`, { packetId: id }));
    delivery.drain();
    dispatcher.stop();
    await answer(0, OK);
    await answer(1, { kind: 'cut' });
    await dispatcher.whenIdle(1_000);
    expect(subscriber.acknowledged).toEqual(['puback 1']);
  });

  it('stops where the journal cannot be read, without a word to the broker', async () => {
    const journal = new MemoryJournal({ auto: true });
    const { subscriber, calls, answer } = await connected({ qos: 2 }, { journal });
    for (const id of [1, 2]) subscriber.receive(incoming('a', { qos: 2, packetId: id }));
    await answer(0, ERR);
    await advance(250);
    expect(journal.spilledCount).toBe(2);
    journal.unreadable = new Error('damaged');
    subscriber.receive(incoming('b', { qos: 2, packetId: 3 }));
    await advance(250);
    expect([calls.length, subscriber.acknowledged]).toEqual([1, ['pubrec 1', 'pubrec 2']]);
  });
});

describe('Dispatcher', () => {
  it('holds back beyond the capacity, and gives up waiting for idle after the timeout', async () => {
    const { subscriber, dispatcher, calls, answer } = await connected({}, { capacity: 2 });
    for (const id of [1, 2, 3]) subscriber.receive(incoming(`a/${id}`, { packetId: id }));
    expect(calls.length).toBe(2);
    await answer(0, OK);
    expect(calls.length).toBe(3);
    const waiting = dispatcher.whenIdle(5_000);
    await advance(5_000);
    await waiting;
  });
});
