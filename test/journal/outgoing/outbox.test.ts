import { afterEach, describe, expect, it, vi } from 'vitest';
import { replayDeadLetters } from '../../../src/journal/index.ts';
import { letter, listed, open } from '../samples.ts';
import { CLIENT, connect, named, openOutbox, rowOf, show } from './outbox-fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a journaled publish', () => {
  it('has its packet id with its commit, and keeps everything over a restart', async () => {
    const { outbox, send, again } = await openOutbox();
    const event = named('x', {
      topic: 'out/größe',
      qos: 1,
      retain: true,
      format: 'raw',
      properties: { contentType: 'a/b', correlationData: new Uint8Array([1]), expiry: 3, userProperties: [['k', 'v']] },
    });
    const sending = send(event);
    expect([outbox.ready(), outbox.get(1)]).toEqual([[], undefined]);
    await sending;
    expect(outbox.ready()).toMatchObject([{ qos: 1, packetId: 1, released: false, again: false }]);
    expect(outbox.get(1)).toBe(outbox.ready()[0]);
    expect(outbox.load(rowOf(outbox, 'x'))).toEqual(event);
    const found = await again();
    expect(found.outbox.ready()).toMatchObject([{ qos: 1, packetId: 1, released: false, again: false }]);
    expect(found.outbox.load(rowOf(found.outbox, 'x'))).toEqual({ ...event, expiresAt: expect.any(Number) });
  });

  it('is told after its commit, in order, all of one commit at once', async () => {
    const { outbox, publish } = await openOutbox();
    const told: string[] = [];
    outbox.onReady((rows) => told.push(show(outbox, rows).join(', ')));
    await Promise.all([publish('a', 'b'), publish('c')]);
    await publish('d');
    expect(told).toEqual(['1 a, 2 b, 3 c', '4 d']);
    const added = outbox.add(named('e'));
    expect([added?.row.packetId, outbox.get(5)]).toEqual([5, undefined]);
    await added?.committed;
    expect(outbox.get(5)).toBe(added?.row);
    expect(told).toHaveLength(2);
    expect(show(outbox)).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e']);
  });

  it('keeps its place, payload and packet id from PUBREC to PUBCOMP, over a restart', async () => {
    const { outbox, publish, again } = await openOutbox();
    await publish('a', 'b');
    const row = rowOf(outbox, 'a');
    const releasing = outbox.release(row);
    expect(row.released).toBe(false);
    await releasing;
    expect(show(outbox)).toEqual(['1 a!', '2 b']);
    const found = await again();
    expect(show(found.outbox)).toEqual(['1 a!', '2 b']);
    await found.outbox.delete(rowOf(found.outbox, 'a'));
    expect(show(found.outbox)).toEqual(['2 b']);
    expect(found.outbox.get(1)).toBeUndefined();
    expect(show((await found.again()).outbox)).toEqual(['2 b']);
  });

  it('is counted until it is gone, once however often it is deleted', async () => {
    const { outbox, publish, journal } = await openOutbox();
    await publish('a', 'b');
    expect([outbox.size, journal.size().unsent]).toEqual([2, 2]);
    const row = rowOf(outbox, 'a');
    await Promise.all([outbox.delete(row), outbox.delete(row), outbox.release(row)]);
    await outbox.delete(row);
    expect([outbox.size, journal.size().unsent]).toEqual([1, 1]);
    expect(outbox.load(row)).toBeUndefined();
    await outbox.delete(rowOf(outbox, 'b'));
    expect(journal.size()).toMatchObject({ bytes: 0, unsent: 0 });
  });

  it('at QoS 0 needs no packet id and keeps its place', async () => {
    const { outbox, send, again } = await openOutbox();
    await send(named('a'), named('b', { qos: 0 }), named('c', { qos: 1 }));
    expect(show(outbox)).toEqual(['1 a', '0 b', '2 c']);
    const found = await again();
    expect(show(found.outbox)).toEqual(['1 a', '0 b', '2 c']);
    await found.outbox.delete(rowOf(found.outbox, 'b'));
    expect(show(found.outbox)).toEqual(['1 a', '2 c']);
  });

  it('belongs to one session alone', async () => {
    const { outbox, publish, journal } = await openOutbox();
    await journal.publishers.publisherId('another', 'other-pub', 'mqtt://c');
    const other = await journal.outbox('other-pub', 'b1');
    await publish('a');
    await other.add(named('z'))?.committed;
    expect([show(outbox), show(other)]).toEqual([['1 a'], ['1 z']]);
    await connect(other, false);
    expect(show(outbox)).toEqual(['1 a']);
    expect(await journal.outbox(CLIENT, 'b0')).toBe(outbox);
    expect(await journal.outbox(CLIENT, 'b0', 'mqtt://b')).toBe(outbox);
  });

  it('of a client id on two brokers needs the broker', async () => {
    const journal = await open();
    await journal.publishers.publisherId('1', CLIENT, 'mqtt://b');
    await journal.publishers.publisherId('2', CLIENT, 'mqtt://c');
    await expect(journal.outbox(CLIENT, 'b0')).rejects.toThrow(/name the broker/);
    const [one, two] = [await journal.outbox(CLIENT, 'b0', 'mqtt://b'), await journal.outbox(CLIENT, 'b0', 'mqtt://c')];
    expect(one).not.toBe(two);
  });
});

describe('packet ids', () => {
  it('are used again as late as possible, and only after the commit that frees them', async () => {
    const { outbox, publish } = await openOutbox();
    await publish('a');
    const deleting = outbox.delete(rowOf(outbox, 'a'));
    expect(outbox.reserve()).toBe(2);
    await deleting;
    expect(outbox.reserve()).toBe(3);
    outbox.unreserve(2);
    for (let id = 4; id <= 65_535; id++) expect(outbox.reserve()).toBe(id);
    expect([outbox.reserve(), outbox.reserve(), outbox.reserve()]).toEqual([1, 2, undefined]);
    expect(outbox.add(named('b'))).toBeUndefined();
    outbox.unreserve(40_000);
    const added = outbox.add(named('b'));
    expect(added?.row.packetId).toBe(40_000);
    await added?.committed;
    const last = outbox.delete(rowOf(outbox, 'b'));
    expect(outbox.reserve()).toBeUndefined();
    await last;
    expect(outbox.reserve()).toBe(40_000);
  });

  it('of released and of parked rows stay taken', async () => {
    const { outbox, publish, again } = await openOutbox();
    await publish('a', 'b', 'c');
    await outbox.release(rowOf(outbox, 'a'));
    await outbox.park(rowOf(outbox, 'b'), 'closed');
    const taken = new Set<number | undefined>();
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) taken.add(id);
    expect([1, 2, 3].map((id) => taken.has(id))).toEqual([false, false, false]);
    const found = await again();
    const first = found.outbox.reserve();
    expect(first).toBe(4);
  });
});

describe('a publish that its broker refuses', () => {
  it('becomes a dead letter in one commit', async () => {
    const { outbox, send, journal, again } = await openOutbox();
    const before = Date.now();
    await send(named('a', { topic: 'out/a', qos: 1, retain: true }), named('b'));
    const refusing = outbox.refuse(rowOf(outbox, 'a'), 'PUBACK 0x87: not authorised');
    expect([journal.deadLetters.list().length, outbox.size]).toEqual([0, 2]);
    await refusing;
    expect(show(outbox)).toEqual(['2 b']);
    const [found] = journal.deadLetters.list();
    expect(found).toEqual({
      ...listed(1, { binding: 'b0', topic: 'out/a', qos: 1, error: 'PUBACK 0x87: not authorised', attempts: 1 }),
      event: { ...letter().event, id: 'a' },
      kind: 'publish',
      publisher: CLIENT,
      firstAt: found?.firstAt,
      deadAt: found?.deadAt,
    });
    expect(found?.firstAt).toBeGreaterThanOrEqual(before);
    expect(found?.deadAt).toBeGreaterThanOrEqual(found?.firstAt ?? 0);
    expect(journal.size()).toMatchObject({ unsent: 1, deadLetters: 1 });
    expect(show((await again()).outbox)).toEqual(['2 b']);
  });

  it('is parked with its packet id where it may be half received', async () => {
    const { outbox, publish, journal, again } = await openOutbox();
    await publish('a', 'b');
    const { bytes } = journal.size();
    await outbox.park(rowOf(outbox, 'a'), 'the broker closes the connection');
    expect([show(outbox), outbox.size, outbox.get(1)]).toEqual([['2 b'], 1, undefined]);
    expect(journal.deadLetters.list()).toMatchObject([{ kind: 'publish', parked: true, event: { id: 'a' } }]);
    expect(journal.size()).toEqual({ bytes, max: 1024 ** 3, unsent: 1, spilled: 0, deadLetters: 1 });
    const found = await again();
    expect([show(found.outbox), found.outbox.size]).toEqual([['2 b'], 1]);
    expect(found.journal.size()).toEqual({ bytes, max: 1024 ** 3, unsent: 1, spilled: 0, deadLetters: 1 });
    expect(found.journal.holdings()).toMatchObject([
      { kind: 'binding', name: 'b0', deadLetters: 1 },
      { kind: 'publisher', name: CLIENT, broker: 'mqtt://b', key: 'broker as user', unsent: 1, parked: 1 },
    ]);
  });

  it.each(['refuse', 'park'] as const)(
    'has its expiry counted from its commit, and anew at a replay (%s)',
    async (end) => {
      vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
      const { send, dir, again } = await openOutbox();
      await send(named('a', { properties: { expiry: 3, userProperties: [] } }));
      vi.setSystemTime(2_000_000);
      const restarted = await again();
      expect(restarted.outbox.load(rowOf(restarted.outbox, 'a'))?.expiresAt).toBe(1_003_000);
      await restarted.outbox[end](rowOf(restarted.outbox, 'a'), 'refused');
      await restarted.journal.close();
      await replayDeadLetters(dir, 'all');
      const replayed = await openOutbox(dir);
      expect(replayed.outbox.load(rowOf(replayed.outbox, 'a'))?.expiresAt).toBe(2_003_000);
    },
  );

  it('at QoS 0 has nothing to be parked for', async () => {
    const { outbox, send, journal } = await openOutbox();
    await send(named('a', { qos: 0 }));
    await outbox.park(rowOf(outbox, 'a'), 'x');
    expect(journal.deadLetters.list()).toMatchObject([{ kind: 'publish', parked: false }]);
    expect(outbox.size).toBe(0);
  });
});
