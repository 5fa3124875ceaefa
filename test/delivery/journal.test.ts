import { describe, expect, it } from 'vitest';
import type { BindingConfig } from '../../src/config/model.ts';
import { type Journal, openJournal } from '../../src/journal/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { tempDirectory } from '../support/temp.ts';
import { incoming } from './fixtures.ts';
import { ERR, IDENTITY, OK, REJECTED, setUp, topics } from './harness.ts';

const retry = { attempts: 3, initial: 1, max: 1, jitter: 0 };
const at = (topic: string, packetId: number, dup = false) =>
  incoming(topic, { qos: 2, packetId, dup, payload: Buffer.from(`${packetId}`) });

/** A delivery on a journal on disk, and the same again as a new process finds it. */
async function onDisk(dir = tempDirectory('delivery'), more: Partial<BindingConfig> = {}) {
  const journal: Journal = await openJournal({ dir, durability: 'process' });
  atEnd(() => journal.close());
  const outbox = await journal.outbox('pub', 'b0');
  const disk = { inbox: journal.inbox('b0', IDENTITY), sessions: journal.sessions, outbox };
  const set = setUp({ qos: 2, retry, ...more }, { disk });
  const restart = async (sessionPresent = true) => {
    set.delivery.drain();
    await journal.close();
    const next = await onDisk(dir, more);
    await next.subscriber.connect(sessionPresent);
    return next;
  };
  return { ...set, disk, held: journal, restart };
}

const payloads = ({ calls }: Pick<ReturnType<typeof setUp>, 'calls'>) =>
  calls.map(({ call }) => Buffer.from(call.event.data).toString()).join(' ');

describe('a delivery on a journal on disk', () => {
  it('knows a handled message again, and has its effects once', async () => {
    const first = await onDisk();
    await first.subscriber.connect(false);
    first.subscriber.receive(at('a', 1));
    await first.answer(0, OK, 'effect');
    await eventually(() => first.subscriber.acknowledged.includes('pubrec 1'));
    const second = await first.restart();
    second.subscriber.receive(at('a', 1, true));
    expect([second.calls.length, second.subscriber.acknowledged, second.disk.outbox.size]).toEqual([
      0,
      ['pubrec 1'],
      1,
    ]);
    second.subscriber.release(1);
    await eventually(() => second.subscriber.acknowledged.includes('pubcomp 1'));
    const third = await second.restart();
    third.subscriber.receive(at('a', 1, true));
    expect(third.calls.length).toBe(1);
  });

  it('forgets markers with a lost session', async () => {
    const first = await onDisk();
    await first.subscriber.connect(false);
    first.subscriber.receive(at('a', 1));
    await first.answer(0, OK);
    await eventually(() => first.subscriber.acknowledged.length === 1);
    const second = await first.restart(false);
    const third = await second.restart();
    third.subscriber.receive(at('a', 1, true));
    expect(third.calls.length).toBe(1);
  });

  it('counts attempts on, through the window and the journal, to the dead letter', async () => {
    const first = await onDisk();
    await first.subscriber.connect(false);
    first.subscriber.receive(at('a', 1));
    await first.answer(0, ERR);
    await eventually(() => first.calls.length === 2);
    const second = await first.restart();
    second.subscriber.receive(at('a', 1, true));
    expect(second.calls[0]?.call.delivery.attempt).toBe(2);
    await eventually(() => second.disk.inbox.spilledCount === 0 && second.calls.length === 1);
    await second.answer(0, ERR);
    await eventually(() => second.calls.length === 2);
    expect(second.calls[1]?.call.delivery.attempt).toBe(3);
    await eventually(() => second.disk.inbox.spilledCount === 1);
    const third = await second.restart();
    await eventually(() => third.calls.length === 1);
    expect(third.calls[0]?.call.delivery).toMatchObject({ attempt: 3, redelivered: true });
    await third.answer(0, ERR);
    await eventually(() => third.disk.inbox.spilledCount === 0);
    expect(third.held.deadLetters.list()).toMatchObject([{ topic: 'a', attempts: 3, qos: 2 }]);
  });

  it('handles spilled messages first and in order, and none is acknowledged before it is safe', async () => {
    const first = await onDisk(undefined, { maxInFlight: 4 });
    await first.subscriber.connect(false);
    for (const id of [1, 2]) first.subscriber.receive(at('a', id));
    await first.answer(0, ERR);
    await eventually(() => first.disk.inbox.spilledCount === 2);
    expect(first.subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2']);
    const second = await first.restart();
    for (const id of [1, 2]) second.subscriber.receive(at('a', id, true));
    for (const id of [3, 4]) second.subscriber.receive(at('a', id));
    expect(second.subscriber.acknowledged).toEqual(['pubrec 1', 'pubrec 2']);
    for (const index of [0, 1, 2, 3]) {
      await eventually(() => second.calls.length === index + 1);
      await second.answer(index, OK, `effect ${index}`);
    }
    await eventually(() => second.disk.inbox.spilledCount === 0);
    expect([payloads(second), second.disk.outbox.size]).toEqual(['1 2 3 4', 4]);
  });

  it('works off thousands of spilled messages of many topics, a few at a time', async () => {
    const { disk, pool, restart } = await onDisk(undefined, { maxBytesInFlight: 24 });
    const spill = (n: number) => ({
      ...{ marker: false, qos: 1, retained: false, redelivered: false, raw: false, attempts: 0, firstAt: 0 },
      ...{ topic: `t/${n % 300}`, properties: { userProperties: [] } },
      event: { id: `${n}`, source: '/s', type: 't', data: Buffer.from('abc') },
    });
    await disk.inbox.spill(Array.from({ length: 3_000 }, (_, n) => ({ ...spill(n), qos: 1 as const })));
    expect(pool.calls).toEqual([]);
    const next = await restart();
    const last = new Map<string, number>();
    let most = 0;
    for (let done = 0; done < 3_000; done++) {
      await eventually(() => next.calls.length > done);
      most = Math.max(most, next.calls.length - done);
      const { topic } = next.calls[done]?.call.delivery ?? { topic: '' };
      const n = Number(next.calls[done]?.call.event.id);
      expect(n).toBeGreaterThan(last.get(topic) ?? -1);
      last.set(topic, n);
      await next.answer(done, OK);
    }
    await eventually(() => next.disk.inbox.spilledCount === 0);
    expect([most, last.size]).toEqual([8, 300]);
  });

  it('keeps dead letters and their publishes in one commit with the marker', async () => {
    const first = await onDisk(undefined, { deadLetter: 'dead' });
    await first.subscriber.connect(false);
    first.subscriber.receive(at('a', 1));
    await first.answer(0, REJECTED);
    await eventually(() => first.subscriber.acknowledged.length === 1);
    expect([first.held.deadLetters.list().length, first.disk.outbox.size]).toEqual([1, 1]);
    expect(first.disk.outbox.ready().map((row) => first.disk.outbox.load(row)?.topic)).toEqual(['dead']);
    const second = await first.restart();
    second.subscriber.receive(at('a', 1, true));
    expect([topics(second.calls), second.subscriber.acknowledged]).toEqual([[], ['pubrec 1']]);
  });
});
