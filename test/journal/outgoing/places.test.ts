import { describe, expect, it } from 'vitest';
import { EventBudget, OutboxEntry } from '../../../src/journal/outgoing/outbox-entry.ts';
import { READY_MAX } from '../../../src/journal/outgoing/places.ts';
import { connect, named, openOutbox, rowOf, show } from './outbox-fixture.ts';

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
const idsOf = (rows: string[]) => rows.map((row) => row.split(' ')[1]);

describe('a long journal', () => {
  it('has a limited number of rows ready; the rest follows in order as places free up', async () => {
    const { outbox, publish, again } = await openOutbox();
    const total = READY_MAX + 300;
    const told: string[] = [];
    outbox.onReady((rows) => told.push(...idsOf(show(outbox, rows)).map(String)));
    await publish(...numbers(1, total));
    expect([outbox.ready().length, outbox.size]).toEqual([READY_MAX, total]);
    await Promise.all(
      outbox
        .ready()
        .slice(0, 200)
        .map((row) => outbox.delete(row)),
    );
    // The commit that gives the next ones their packet ids follows on that of the deletions.
    await publish('late');
    expect(outbox.ready()).toHaveLength(READY_MAX);
    expect(told).toEqual(numbers(1, READY_MAX + 200));
    expect(new Set(outbox.ready().map(({ packetId }) => packetId)).size).toBe(READY_MAX);
    const found = await again();
    expect(idsOf(show(found.outbox))).toEqual(numbers(201, READY_MAX + 200));
    await Promise.all(found.outbox.ready().map((row) => found.outbox.delete(row)));
    await found.publish('last');
    expect(idsOf(show(found.outbox))).toEqual([...numbers(READY_MAX + 201, total), 'late', 'last']);
    expect(found.outbox.size).toBe(102);
  });

  it('waits for packet ids, and lets nothing overtake but what somebody waits for', async () => {
    const { outbox, publish, again } = await openOutbox();
    const reserved: number[] = [];
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) reserved.push(id);
    await publish('a', 'b');
    expect([show(outbox), outbox.size]).toEqual([[], 2]);
    outbox.unreserve(10);
    await publish('c');
    expect(show(outbox)).toEqual(['10 a']);
    outbox.unreserve(20);
    outbox.unreserve(30);
    // The refill that the first one asked for takes its own alone.
    const added = outbox.add(named('z'));
    expect(added?.row.packetId).toBe(30);
    await added?.committed;
    outbox.unreserve(40);
    await publish('d');
    expect(idsOf(show(outbox))).toEqual(['a', 'b', 'c', 'z']);
    expect(outbox.size).toBe(5);
    const before = show(outbox);
    expect(show((await again()).outbox).slice(0, 4)).toEqual(before);
  });

  it('renumbers only what is ready; what waits follows', async () => {
    const { outbox, publish, again } = await openOutbox();
    await publish(...numbers(1, READY_MAX + 2));
    await connect(outbox, false);
    expect(idsOf(show(outbox))).toEqual(numbers(1, READY_MAX));
    const found = await again();
    expect(idsOf(show(found.outbox))).toEqual(numbers(1, READY_MAX));
    await found.outbox.delete(rowOf(found.outbox, '1'));
    await found.publish('x');
    expect(idsOf(show(found.outbox))).toEqual(numbers(2, READY_MAX + 1));
  });

  it('keeps QoS 0 rows in their places behind rows that wait', async () => {
    const { outbox, send, publish, again } = await openOutbox();
    const reserved: number[] = [];
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) reserved.push(id);
    await send(named('a'), named('b', { qos: 0 }), named('c'));
    expect(show(outbox)).toEqual([]);
    const added = outbox.add(named('z', { qos: 0 }));
    await added?.committed;
    outbox.unreserve(5);
    await publish('d');
    expect(show(outbox)).toEqual(['5 a', '0 b', '0 z']);
    const found = await again();
    expect(idsOf(show(found.outbox))).toEqual(['a', 'b', 'c', 'z', 'd']);
  });

  it('goes on behind rows at QoS 0, which have their places without packet ids', async () => {
    const { outbox, send } = await openOutbox();
    await send(...numbers(1, READY_MAX + 1).map((id) => named(id, { qos: 0 })));
    expect(outbox.ready()).toHaveLength(READY_MAX);
    await outbox.delete(rowOf(outbox, '7'));
    await send(named('last', { qos: 0 }));
    expect(idsOf(show(outbox)).at(-1)).toBe(String(READY_MAX + 1));
  });

  it('goes on behind rows that got their places at once', async () => {
    const { outbox, send } = await openOutbox();
    for (const id of numbers(1, READY_MAX)) void send(named(id, { qos: 0 }));
    await send(named('first'), named('second'));
    expect(idsOf(show(outbox)).at(-1)).toBe(String(READY_MAX));
    await outbox.delete(rowOf(outbox, '7'));
    await send(named('last'));
    expect(idsOf(show(outbox)).at(-1)).toBe('first');
  });
});

describe('events', () => {
  it('are kept in memory within a budget; what is beyond is read when it is sent', () => {
    const budget = new EventBudget(1_000);
    const [first, second, third] = [1, 2, 3].map((key) => new OutboxEntry(key, 2, 600));
    first?.hold(named('a'), budget);
    second?.hold(named('b'), budget);
    expect([first?.event?.event.id, second?.event]).toEqual(['a', undefined]);
    second?.letGo();
    first?.letGo();
    first?.letGo();
    third?.hold(named('c'), budget);
    expect([first?.event, third?.event?.event.id]).toEqual([undefined, 'c']);
    second?.hold(named('b'), budget);
    expect(second?.event).toBeUndefined();
  });
});
