import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IncomingMessage } from '../../src/types.ts';
import { incoming, settled, spilled } from './fixtures.ts';
import { advance, ERR, kinds, OK, setUp, topics, useFakeTimers } from './harness.ts';
import { MemoryJournal } from './memory-journal.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

const PATIENCE = 250;
const at = (topic: string, packetId: number, more: Partial<IncomingMessage> = {}) =>
  incoming(topic, { qos: 2, packetId, payload: Buffer.from(`${packetId}`), ...more });
const payloads = (set: { calls: readonly { call: { event: { data: Uint8Array } } }[] }) =>
  set.calls.map(({ call }) => Buffer.from(call.event.data).toString()).join(' ');

async function connected(more: Parameters<typeof setUp>[0] = {}) {
  const set = setUp({ qos: 2, ...more });
  await set.subscriber.connect(false);
  const commit = async () => {
    set.journal.commit();
    await settled();
  };
  return { ...set, commit };
}

describe('spilling', () => {
  it('frees the window of a message that is retried and of those behind it, with their markers', async () => {
    const set = await connected();
    const { subscriber, journal, answer, commit, statuses } = set;
    for (const [index, topic] of ['a', 'b', 'a', 'a'].entries()) subscriber.receive(at(topic, index + 1));
    await answer(0, ERR);
    journal.auto = false;
    await advance(PATIENCE);
    expect(journal.pending).toEqual(['spill']);
    expect(journal.spills).toMatchObject([
      { id: { packetId: 1 }, marker: true, attempts: 1 },
      { id: { packetId: 3 }, marker: true, attempts: 0 },
      { id: { packetId: 4 }, marker: true, attempts: 0 },
    ]);
    expect([subscriber.acknowledged, journal.durable.attempts.size]).toEqual([[], 1]);
    await commit();
    // The topic beside them is still being handled, and acknowledgements go out in order.
    expect([subscriber.acknowledged, journal.durable.attempts.size]).toEqual([['pubrec 1'], 0]);
    expect([journal.spilledCount, journal.durable.markers.size]).toEqual([3, 3]);
    await answer(1, OK);
    await commit();
    expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2', 'pubrec 3', 'pubrec 4']);
    expect(statuses.filter(({ kind }) => kind === 'spilled')).toEqual([
      { kind: 'spilled', binding: 'b0', topic: 'a', count: 3 },
    ]);
  });

  it('comes at once when the window is half full, however late that is', async () => {
    const { subscriber, journal, answer } = await connected({ maxInFlight: 6 });
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    subscriber.receive(at('b', 2));
    await settled();
    expect(journal.spills).toEqual([]);
    subscriber.receive(at('c', 3));
    await settled();
    expect(journal.spills).toMatchObject([{ topic: 'a' }]);
  });

  it('keeps attempts, order and event: what is in the journal comes before what is in the window', async () => {
    const set = await connected();
    const { subscriber, answer, calls, journal } = set;
    for (const id of [1, 2]) subscriber.receive(at('a', id));
    await answer(0, ERR);
    await advance(PATIENCE);
    for (const id of [3, 4]) subscriber.receive(at('a', id));
    await advance(PATIENCE);
    expect([journal.spilledCount, calls[1]?.call.delivery.attempt]).toEqual([4, 2]);
    expect(calls[1]?.call.event).toBe(calls[0]?.call.event);
    await answer(1, ERR);
    expect(journal.durable.spilled[0]?.attempts).toBe(2);
    await advance(1_000);
    for (const index of [2, 3, 4, 5]) await answer(index, OK);
    expect(payloads(set)).toBe('1 1 1 2 3 4');
    expect(calls.map(({ call }) => call.delivery.attempt)).toEqual([1, 2, 3, 1, 1, 1]);
    expect(journal.spilledCount).toBe(0);
  });

  it('does not stop other topics, not even at a window of one message', async () => {
    const { subscriber, answer, calls } = await connected({ maxInFlight: 1 });
    subscriber.receive(at('poison', 1));
    await answer(0, ERR);
    for (let id = 2; id <= 20; id++) {
      subscriber.receive(at('good', id));
      expect(subscriber.isHeldBack).toBe(false);
      await answer(calls.length - 1, OK);
    }
    expect(subscriber.acknowledged.length).toBe(20);
  });

  it('lets one topic wait for no other, not even at a window of one message', async () => {
    const { subscriber, answer, calls, journal } = await connected({ maxInFlight: 1 });
    for (const [index, topic] of ['poison', 'shaky'].entries()) {
      subscriber.receive(at(topic, index + 1));
      await answer(index, ERR);
    }
    expect(journal.spilledCount).toBe(2);
    await advance(500);
    expect(topics(calls)).toEqual(['poison', 'shaky', 'poison', 'shaky']);
  });

  it('never takes a message whose result is being committed', async () => {
    const { subscriber, journal, answer, commit, calls } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    await advance(PATIENCE - 1);
    journal.auto = false;
    // An attempt that began when its first failure was known, and ends as patience does.
    await advance(0);
    expect(calls.length).toBe(1);
    await advance(1);
    expect(journal.pending).toEqual(['spill']);
    await commit();
    await advance(250);
    await answer(1, OK, 'effect');
    await commit();
    expect([journal.spilledCount, journal.durable.published.length]).toEqual([0, 1]);
  });

  it('waits for a result that is on its way instead of keeping the message as well', async () => {
    const retry = { attempts: 3, initial: 10, max: 10, jitter: 0 };
    const { subscriber, journal, answer, commit } = await connected({ retry });
    for (const id of [1, 2]) subscriber.receive(at('a', id));
    await answer(0, ERR);
    await advance(10);
    journal.auto = false;
    await answer(1, OK, 'effect');
    await advance(PATIENCE);
    expect([journal.pending, journal.spills]).toEqual([['settle'], []]);
    await commit();
    await answer(2, OK, 'effect 2');
    await commit();
    expect([journal.durable.published.length, journal.spilledCount]).toEqual([2, 0]);
    expect(subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2']);
  });

  it('goes before the result of a call that ends meanwhile: the row goes with it, and no marker is written twice', async () => {
    const { subscriber, journal, answer, commit } = await connected({
      retry: { attempts: 3, initial: 10, max: 10, jitter: 0 },
    });
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    await advance(10);
    journal.auto = false;
    await advance(PATIENCE);
    expect(journal.pending).toEqual(['spill']);
    await answer(1, OK, 'effect');
    expect(journal.pending).toEqual(['spill']);
    await commit();
    expect([journal.pending, journal.settlements]).toMatchObject([['settle'], [{ marker: false, spilled: 1 }]]);
    await commit();
    expect([journal.spilledCount, journal.durable.published.length]).toEqual([0, 1]);
    expect(subscriber.acknowledged).toEqual(['pubrec 1']);
  });

  it.each(['topic', 'none'] as const)('keeps an attempt that fails meanwhile (order %s)', async (order) => {
    const { subscriber, journal, answer, commit } = await connected({
      order,
      retry: { attempts: 5, initial: 10, max: 10, jitter: 0 },
    });
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    await advance(10);
    journal.auto = false;
    await advance(PATIENCE);
    await answer(1, ERR);
    expect(journal.pending).toEqual(['spill']);
    await commit();
    await commit();
    expect(journal.durable.spilled).toMatchObject([{ attempts: 2 }]);
    expect(journal.durable.attempts.size).toBe(0);
  });

  it('leaves no attempts behind under the packet id, where the window is half full at the failure', async () => {
    const { subscriber, journal, answer, commit } = await connected({ maxInFlight: 2 });
    subscriber.receive(at('a', 1));
    journal.auto = false;
    await answer(0, ERR);
    expect(journal.pending).toEqual(['failed', 'spill']);
    await commit();
    await commit();
    expect([journal.durable.attempts.size, journal.durable.spilled[0]?.attempts]).toEqual([0, 1]);
  });

  it('adopts a repeat of a message that was spilled by its marker', async () => {
    const { subscriber, calls, answer, journal } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    await advance(PATIENCE);
    subscriber.drop();
    await subscriber.connect(true);
    subscriber.receive(at('a', 1, { dup: true }));
    await settled();
    expect([calls.length, subscriber.acknowledged, journal.spilledCount]).toEqual([1, ['pubrec 1', 'pubrec 1'], 1]);
  });

  it('gives a session that is lost meanwhile no marker, and the message its row', async () => {
    const { subscriber, journal, answer, commit } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    journal.auto = false;
    await advance(PATIENCE);
    subscriber.drop();
    const connecting = subscriber.connect(false);
    for (let i = 0; i < 4; i++) {
      await settled();
      await commit();
    }
    await connecting;
    expect([journal.spilledCount, journal.durable.markers.size, subscriber.acknowledged]).toEqual([1, 0, []]);
    expect(subscriber.window.messages).toBe(0);
  });

  it('says nothing to the broker where the journal fails', async () => {
    const { subscriber, journal, answer } = await connected();
    subscriber.receive(at('a', 1));
    await answer(0, ERR);
    journal.auto = false;
    await advance(PATIENCE);
    journal.fail(new Error('disk gone'));
    await settled();
    expect([subscriber.acknowledged, subscriber.window.messages]).toEqual([[], 1]);
  });
});

describe('after a restart', () => {
  it('spilled messages come before redeliveries, and new arrivals of their topic behind both', async () => {
    const first = await connected();
    for (const id of [1, 2]) first.subscriber.receive(at('a', id));
    await first.answer(0, ERR);
    await advance(PATIENCE);
    vi.clearAllTimers();
    const set = setUp({ qos: 2 }, { journal: first.journal.afterKill() });
    const { subscriber, calls, answer } = set;
    await subscriber.connect(true);
    subscriber.receive(at('a', 3, { dup: true }));
    subscriber.receive(at('a', 4));
    await settled();
    expect(calls[0]?.call.delivery).toMatchObject({ attempt: 2, redelivered: true });
    for (const index of [0, 1, 2, 3]) await answer(index, OK);
    expect(payloads(set)).toBe('1 2 3 4');
  });

  it('what a replay adds is handled without waiting for anything, attempts counted from 0', async () => {
    const { journal, calls, answer, statuses, subscriber } = await connected();
    journal.replay(spilled('a', { attempts: 0, qos: 2 }), spilled('b', { qos: 2 }));
    await settled();
    expect(topics(calls)).toEqual(['a', 'b']);
    await answer(0, OK, 'effect');
    expect(journal.settlements[0]).toMatchObject({ marker: false, id: undefined, spilled: 1 });
    expect([journal.spilledCount, subscriber.acknowledged, kinds(statuses)]).toEqual([
      1,
      [],
      expect.arrayContaining(['handled']),
    ]);
  });

  it('rows of more topics than may be under way are handled all the same', async () => {
    const journal = new MemoryJournal({ auto: true });
    for (let i = 0; i < 40; i++) journal.replay(spilled(`t/${i % 20}`));
    const { calls, answer } = setUp({ qos: 2, maxBytesInFlight: 4 * 'payload'.length }, { journal });
    expect(calls.length).toBe(4);
    for (let index = 0; index < 40; index++) await answer(index, OK);
    expect(journal.spilledCount).toBe(0);
  });
});
