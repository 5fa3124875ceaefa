import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IncomingMessage } from '../../src/types.ts';
import { incoming, settled } from './fixtures.ts';
import { advance, ERR, kinds, OK, REJECTED, setUp, topics, useFakeTimers } from './harness.ts';
import type { MemoryJournal } from './memory-journal.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

const at = (topic: string, packetId: number, more: Partial<IncomingMessage> = {}) =>
  incoming(topic, { qos: 2, packetId, ...more });
const again = { dup: true };

async function connected(more: Parameters<typeof setUp>[0] = {}, options: Parameters<typeof setUp>[1] = {}) {
  const set = setUp({ qos: 2, ...more }, options);
  await set.subscriber.connect(false);
  const resume = async () => {
    set.subscriber.drop();
    await set.subscriber.connect(true);
  };
  return { ...set, resume };
}

/** The same session after a kill: a new process on what was committed. */
async function killed({ journal }: { journal: MemoryJournal }) {
  const set = setUp({ qos: 2 }, { journal: journal.afterKill() });
  await set.subscriber.connect(true);
  return set;
}

describe('a repeat', () => {
  it('of a running call is adopted: handled once, acknowledged on the new connection', async () => {
    const { subscriber, calls, answer, resume } = await connected();
    const first = subscriber.receive(at('a', 9));
    await resume();
    const repeat = subscriber.receive(at('a', 9, again));
    expect([subscriber.window.has(first), subscriber.window.has(repeat)]).toEqual([false, true]);
    await answer(0, OK);
    expect([calls.length, subscriber.acknowledged, subscriber.window.messages]).toEqual([1, ['pubrec 9'], 0]);
  });

  it('keeps its place in handler order', async () => {
    const { subscriber, calls, answer, resume } = await connected();
    for (const id of [1, 2, 3]) subscriber.receive(at('a', id, { payload: Buffer.from(`${id}`) }));
    await resume();
    for (const id of [1, 2, 3]) subscriber.receive(at('a', id, { ...again, payload: Buffer.from(`${id}`) }));
    for (const index of [0, 1, 2]) await answer(index, OK);
    expect(calls.map(({ call }) => Buffer.from(call.event.data).toString())).toEqual(['1', '2', '3']);
    expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2', 'pubrec 3']);
  });

  it('is let in at a full window, where it takes a place that it has', async () => {
    const { subscriber, resume } = await connected({ maxInFlight: 1 });
    subscriber.receive(at('a', 1));
    await resume();
    const repeat = subscriber.receive(at('a', 1, again));
    expect([subscriber.window.has(repeat), subscriber.window.messages]).toEqual([true, 1]);
  });

  it('of a handled message gets PUBREC in its turn, without a call', async () => {
    const { subscriber, calls, answer, resume, statuses } = await connected();
    for (const [index, topic] of ['a', 'b'].entries()) subscriber.receive(at(topic, index + 1));
    await answer(1, OK);
    await resume();
    subscriber.receive(at('a', 1, again));
    subscriber.receive(at('b', 2, again));
    await settled();
    expect([calls.length, subscriber.acknowledged]).toEqual([2, []]);
    await answer(0, OK);
    expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2']);
    expect(statuses.filter(({ kind }) => kind === 'repeat')).toMatchObject([{ found: 'running' }, { found: 'marker' }]);
  });

  it('of a handled message is known after a kill, and after a dead letter', async () => {
    const first = await connected();
    for (const [index, topic] of ['a', 'b'].entries()) first.subscriber.receive(at(topic, index + 1));
    await first.answer(0, OK, 'effect');
    await first.answer(1, REJECTED);
    const { subscriber, calls, journal } = await killed(first);
    subscriber.receive(at('a', 1, again));
    subscriber.receive(at('b', 2, again));
    await settled();
    expect([calls.length, subscriber.acknowledged]).toEqual([0, ['pubrec 1', 'pubrec 2']]);
    expect([journal.durable.published.length, journal.durable.letters.length]).toEqual([1, 1]);
  });

  it.each([
    ['without DUP', at('a', 1)],
    ['with another content', at('a', 1, { ...again, payload: Buffer.from('other') })],
    ['on another topic', at('b', 1, again)],
  ])('is none %s: it takes the id of the marker', async (_name, message) => {
    const { subscriber, journal, calls, answer, resume } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, OK);
    await resume();
    const marker = journal.durable.markers.get(1);
    subscriber.receive(message);
    await settled();
    expect([marker !== undefined, journal.durable.markers.size, calls.length]).toEqual([true, 0, 2]);
    await answer(1, ERR);
    await resume();
    subscriber.receive({ ...at('a', 1), dup: true });
    await settled();
    // The old marker answers for nothing any more.
    expect(subscriber.acknowledged).toEqual(['pubrec 1']);
  });

  it.each([
    ['without DUP', {}],
    ['with another content', { ...again, payload: Buffer.from('other') }],
  ])(
    'is none %s: it takes the id of a running call, which gets neither marker nor acknowledgement',
    async (_n, more) => {
      const { subscriber, journal, calls, answer, resume } = await connected();
      subscriber.receive(at('a/1', 1));
      await resume();
      const taker = subscriber.receive(at('a/2', 1, more));
      await answer(0, OK, 'effect');
      expect(journal.settlements).toMatchObject([{ marker: false, id: undefined }]);
      expect([journal.durable.published.length, journal.durable.markers.size]).toEqual([1, 0]);
      expect([subscriber.acknowledged, subscriber.window.has(taker)]).toEqual([[], true]);
      await answer(1, OK);
      expect([calls.length, journal.durable.markers.size, subscriber.acknowledged]).toEqual([2, 1, ['pubrec 1']]);
    },
  );

  it('that comes again on one connection is acknowledged with the result, not before', async () => {
    const { subscriber, calls, answer, resume } = await connected({ maxInFlight: 2 });
    await resume();
    subscriber.receive(at('a', 1));
    subscriber.receive(at('a', 1, again));
    subscriber.receive(at('a', 1, again));
    await settled();
    // It takes no other's place, so the bound holds.
    expect([subscriber.acknowledged, subscriber.window.messages, subscriber.isHeldBack]).toEqual([[], 2, true]);
    await answer(0, OK);
    expect([calls.length, subscriber.acknowledged]).toEqual([1, ['pubrec 1', 'pubrec 1', 'pubrec 1']]);
  });

  it('whose id a message that matches no filter has taken is new', async () => {
    const { subscriber, journal, answer, resume } = await connected({ filters: ['a'] });
    subscriber.receive(at('a', 1));
    await resume();
    subscriber.receive(at('elsewhere', 1, again));
    await answer(0, OK, 'effect');
    expect(journal.settlements).toMatchObject([{ marker: false, id: undefined }]);
    expect(subscriber.acknowledged).toEqual(['pubrec 1']);
  });
});

describe('failed attempts', () => {
  it('survive a kill for the same message, and are counted on', async () => {
    const first = await connected();
    first.subscriber.receive(at('a', 1));
    await first.answer(0, ERR);
    const { subscriber, calls, journal } = await killed(first);
    subscriber.receive(at('a', 1, again));
    await settled();
    expect(calls[0]?.call.delivery.attempt).toBe(2);
    calls[0]?.resolve(OK);
    await settled();
    expect(journal.durable.attempts.size).toBe(0);
  });

  it.each([
    ['without DUP', at('a', 1)],
    ['with another content', at('a', 1, { ...again, payload: Buffer.from('other') })],
  ])('are not inherited by a message %s, and are deleted', async (_name, message) => {
    const first = await connected();
    first.subscriber.receive(at('a', 1));
    await first.answer(0, ERR);
    const { subscriber, calls, journal } = await killed(first);
    subscriber.receive(message);
    await settled();
    expect([calls[0]?.call.delivery.attempt, journal.durable.attempts.size]).toEqual([1, 0]);
  });

  it('are not inherited by a message that takes the id of the running call', async () => {
    const { subscriber, calls, answer, resume } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    await resume();
    subscriber.receive(at('a', 1));
    await advance(500);
    const attempts = calls.map(({ call }) => call.delivery.attempt);
    expect(attempts).toEqual([1, 2]);
    await answer(1, OK);
    expect(calls[2]?.call.delivery.attempt).toBe(1);
  });

  it('are journaled at qos 1, too', async () => {
    const { subscriber, journal, answer } = await connected({ qos: 1 });
    subscriber.receive(incoming('a'));
    await answer(0, ERR);
    expect(journal.durable.attempts.get(1)).toMatchObject({ attempts: 1 });
    await advance(500);
    await answer(1, OK);
    expect(journal.durable.attempts.size).toBe(0);
    expect(topics([])).toEqual([]);
  });
});

describe('PUBREL', () => {
  it('is answered with PUBCOMP once the marker is deleted, and not before', async () => {
    const { subscriber, journal, answer } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, OK);
    journal.auto = false;
    subscriber.release(1);
    await settled();
    expect([subscriber.acknowledged, journal.pending]).toEqual([['pubrec 1'], ['released']]);
    journal.commit();
    await settled();
    expect([subscriber.acknowledged, journal.durable.markers.size]).toEqual([['pubrec 1', 'pubcomp 1'], 0]);
  });

  it('of an unknown id is answered, too', async () => {
    const { subscriber, statuses } = await connected();
    subscriber.release(5);
    await settled();
    expect([subscriber.acknowledged, kinds(statuses)]).toEqual([['pubcomp 5'], ['subscribed']]);
  });

  it('gets no answer where the journal has failed', async () => {
    const { subscriber, journal, answer } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, OK);
    journal.fail(new Error('disk gone'));
    subscriber.release(1);
    await settled();
    expect(subscriber.acknowledged).toEqual(['pubrec 1']);
  });
});
