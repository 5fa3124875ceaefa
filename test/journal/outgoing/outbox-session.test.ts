import { describe, expect, it } from 'vitest';
import { readJournal } from '../../../src/journal/index.ts';
import { connect, named, openOutbox, rowOf, show } from './outbox-fixture.ts';

describe('a session that the broker still has', () => {
  it('leaves rows as they are', async () => {
    const { outbox, publish, again } = await openOutbox();
    await connect(outbox, false);
    await publish('a', 'b', 'c');
    await outbox.release(rowOf(outbox, 'b'));
    const found = await again();
    expect(await connect(found.outbox, true)).toEqual({ mayRepeat: 0, mayBeLost: 0 });
    expect(show(found.outbox)).toEqual(['1 a', '2 b!', '3 c']);
  });

  it('is looked at only when nothing is uncommitted', async () => {
    const { outbox, publish } = await openOutbox();
    await connect(outbox, false);
    await publish('a');
    await outbox.connecting();
    void outbox.release(rowOf(outbox, 'a'));
    await outbox.connected(true);
    expect(show(outbox)).toEqual(['1 a!']);
  });

  it('gets rows that come in meanwhile afterwards', async () => {
    const { outbox, publish } = await openOutbox();
    await publish('a');
    await outbox.connecting();
    const told: string[] = [];
    outbox.onReady((rows) => told.push(...show(outbox, rows)));
    const connecting = outbox.connected(true);
    expect([outbox.reserve(), outbox.add(named('z'))]).toEqual([undefined, undefined]);
    await Promise.all([publish('b'), connecting]);
    expect(show(outbox)).toEqual(['1 a']);
    await publish('c');
    expect(show(outbox)).toEqual(['1 a', '2 b', '3 c']);
    expect(told).toEqual(['2 b', '3 c']);
  });
});

describe('a session that the broker has lost', () => {
  it('sends every row anew: none released, new packet ids in order, payloads and all', async () => {
    const { outbox, publish, again } = await openOutbox();
    await connect(outbox, false);
    await publish('a', 'b', 'c', 'd');
    await outbox.release(rowOf(outbox, 'b'));
    await outbox.park(rowOf(outbox, 'c'), 'x');
    await outbox.connecting();
    const renumbering = outbox.connected(false);
    expect(show(outbox)).toEqual(['1 a', '2 b!', '4 d']);
    expect(await renumbering).toEqual({ mayRepeat: 3, mayBeLost: 0 });
    expect(show(outbox)).toEqual(['5 a', '6 b', '7 d']);
    expect([1, 5, 6, 7].map((id) => outbox.get(id)?.packetId)).toEqual([undefined, 5, 6, 7]);
    expect(show((await again()).outbox)).toEqual(['5 a', '6 b', '7 d']);
  });

  it('frees the old packet ids, but those of parked rows', async () => {
    const { outbox, publish } = await openOutbox();
    await publish('a', 'b');
    await outbox.park(rowOf(outbox, 'a'), 'x');
    const mine = outbox.reserve();
    await connect(outbox, false);
    expect(show(outbox)).toEqual(['4 b']);
    const free: (number | undefined)[] = [];
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) free.push(id);
    expect([1, 2, mine, 4].map((id) => free.includes(id))).toEqual([false, true, false, false]);
  });

  it('is looked at only when nothing is uncommitted', async () => {
    const { outbox, publish } = await openOutbox();
    await publish('a', 'b');
    await outbox.connecting();
    const late = publish('c');
    void outbox.delete(rowOf(outbox, 'a'));
    await outbox.connected(false);
    await late;
    expect(show(outbox)).toEqual(['4 b', '5 c']);
    expect([1, 2, 3, 4, 5, 6].map((id) => outbox.get(id)?.packetId)).toEqual([
      undefined,
      undefined,
      undefined,
      4,
      5,
      undefined,
    ]);
    expect(outbox.reserve()).toBe(6);
  });

  it('finds room for rows although nearly every packet id is in use', async () => {
    const { outbox, publish } = await openOutbox();
    await publish('a', 'b');
    while (outbox.reserve() !== undefined);
    await connect(outbox, false);
    expect(show(outbox)).toEqual(['1 a', '2 b']);
  });
});

describe('what may be repeated or lost', () => {
  it('is nothing on the first connection, whatever was journaled before it', async () => {
    const { outbox, publish, again } = await openOutbox();
    await publish('a');
    const found = await again();
    await found.publish('b');
    expect(await connect(found.outbox, false)).toEqual({ mayRepeat: 0, mayBeLost: 0 });
    await found.publish('c');
    expect(await connect(found.outbox, false)).toEqual({ mayRepeat: 3, mayBeLost: 0 });
    expect(outbox.size).toBe(1);
  });

  it('is repeated where it was journaled before a restart of a session that had been up', async () => {
    const { outbox, publish, again } = await openOutbox();
    await connect(outbox, false);
    await publish('a', 'b');
    const found = await again();
    // Never sent: it came in while there was no connection.
    await found.publish('c');
    expect(await connect(found.outbox, false)).toEqual({ mayRepeat: 2, mayBeLost: 0 });
  });

  it('is lost where released rows meet a connection that starts in doubt', async () => {
    const { outbox, publish, again } = await openOutbox();
    await connect(outbox, false);
    await publish('a', 'b');
    await outbox.release(rowOf(outbox, 'a'));
    expect(await connect(outbox, true)).toEqual({ mayRepeat: 0, mayBeLost: 0 });
    await outbox.connecting();
    const found = await again();
    expect(await connect(found.outbox, true)).toEqual({ mayRepeat: 0, mayBeLost: 1 });
    expect(await connect(found.outbox, true)).toEqual({ mayRepeat: 0, mayBeLost: 0 });
  });

  it('does not count what goes out again', async () => {
    const { outbox, publish } = await openOutbox();
    await connect(outbox, false);
    await publish('a');
    await outbox.release(rowOf(outbox, 'a'));
    await outbox.connecting();
    // No CONNACK came.
    expect(await connect(outbox, false)).toEqual({ mayRepeat: 1, mayBeLost: 0 });
  });

  it('is decided by a doubt that is committed before each CONNECT and cleared after its CONNACK', async () => {
    const doubt = (dir: string) => {
      const view = readJournal(dir);
      const found = view.publishers().map(({ inDoubt }) => inDoubt);
      view.close();
      return found;
    };
    const { dir, outbox } = await openOutbox();
    await outbox.connecting();
    expect(doubt(dir)).toEqual([true]);
    const connected = outbox.connected(true);
    // The next CONNECT comes before the CONNACK of this one is dealt with.
    const next = outbox.connecting();
    await connected;
    expect(doubt(dir)).toEqual([false]);
    await next;
    expect(doubt(dir)).toEqual([true]);
    await outbox.connected(false);
    expect(doubt(dir)).toEqual([false]);
  });
});
