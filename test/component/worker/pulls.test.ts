import { describe, expect, it } from 'vitest';
import { monotonicNow } from '../../../src/component/exchange/cells.ts';
import type { PullMessage } from '../../../src/component/exchange/protocol.ts';
import { Pulls } from '../../../src/component/worker/pulls.ts';
import type { DeliveryInfo } from '../../../src/guest.ts';
import { testOutbox } from '../support/outbox.ts';

const delivery: DeliveryInfo = {
  topic: 'a',
  qos: 1,
  retained: false,
  redelivered: false,
  attempt: 1,
  userProperties: [],
};
const event = { id: '1', source: '/s', type: 't', data: new Uint8Array() };
const message = { ok: true, value: { event, delivery } } as const;
const waiting = { begin: () => (go: () => void) => go() };
const turn = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const sent: PullMessage[] = [];
  const { cells, outbox } = testOutbox(({ pulls }) => sent.push(...(pulls ?? [])));
  const pulls = new Pulls(outbox, cells);
  const puller = {
    call: 7,
    cell: 0,
    delivery: undefined as DeliveryInfo | undefined,
    handedAt: undefined as number | undefined,
    publishing: 0,
    over: false,
  };
  cells.start(0);
  const asked = async () => {
    await turn();
    return sent.map(({ id, ask }) => `${ask} ${id}`);
  };
  /** A stream that is open. */
  const open = async () => {
    const opening = pulls.stream(puller, 'a', waiting);
    pulls.answer(1, { ok: true, value: undefined });
    const opened = await opening;
    if (!opened.ok) throw new Error('not opened');
    const stream = opened.value as AsyncIterable<typeof event> & { unread: (() => number) | undefined };
    return { stream, events: stream[Symbol.asyncIterator]() };
  };
  return { cells, sent, pulls, puller, asked, open };
}

describe('receive', () => {
  it('resolves with the event, which is then the one received last; the time stands still until then', async () => {
    const { pulls, puller, cells, asked } = setUp();
    const received = pulls.receive(puller, 'a');
    expect(cells.state(0)).toBe('waiting');
    expect(await asked()).toEqual(['receive 1']);
    pulls.answer(1, message);
    expect([cells.state(0), await received, puller.delivery]).toEqual([
      'running',
      { ok: true, value: event },
      delivery,
    ]);
  });

  it('hands errors on, and refuses outside of a call and beyond its bound', async () => {
    const { pulls, puller } = setUp();
    const received = pulls.receive(puller, 'a');
    pulls.answer(1, { ok: false, error: { tag: 'timeout' } });
    expect(await received).toEqual({ ok: false, error: { tag: 'timeout' } });
    expect(await pulls.receive(undefined, 'a')).toMatchObject({ ok: false, error: { tag: 'other' } });
    for (let i = 0; i < 64; i++) void pulls.receive(puller, 'a');
    expect(await pulls.receive(puller, 'a')).toMatchObject({
      ok: false,
      error: { val: expect.stringContaining('64') },
    });
  });

  it('that is unanswered at the end of the call is taken back before its result', async () => {
    const { pulls, puller, asked } = setUp();
    const received = pulls.receive(puller, 'a');
    pulls.ended(puller);
    expect(await received).toMatchObject({ ok: false });
    expect(await asked()).toEqual(['receive 1', 'withdraw 1']);
    // Comes too late.
    pulls.answer(1, message);
    expect(puller.delivery).toBeUndefined();
  });
});

describe('the time of a call', () => {
  /** The next tick of the clock that threads share. */
  const tick = async () => {
    const from = monotonicNow();
    while (monotonicNow() - from < 2) await turn();
  };

  it('goes on where it stood after a receive that brought nothing, and starts anew with a message', async () => {
    const { pulls, puller, cells } = setUp();
    await tick();
    const before = monotonicNow() - cells.startedAt(0);
    const failed = pulls.receive(puller, 'a');
    await tick();
    await tick();
    pulls.answer(1, { ok: false, error: { tag: 'timeout' } });
    await failed;
    const after = monotonicNow() - cells.startedAt(0);
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThan(before + 4);
    const received = pulls.receive(puller, 'a');
    const handedAt = monotonicNow();
    pulls.answer(2, message);
    await received;
    expect(cells.startedAt(0)).toBeGreaterThanOrEqual(handedAt);
  });

  it('counts from the message although another read is under way, and not from one that it asked past', async () => {
    const { pulls, puller, cells, open } = setUp();
    const { events } = await open();
    const read = events.next();
    const handedAt = monotonicNow();
    const second = pulls.receive(puller, 'b');
    pulls.answer(3, message);
    await second;
    await tick();
    pulls.answer(2, 'end');
    await read;
    expect(cells.startedAt(0)).toBeGreaterThanOrEqual(handedAt);
    expect(monotonicNow() - cells.startedAt(0)).toBeGreaterThanOrEqual(2);
    const again = pulls.receive(puller, 'b');
    const worked = cells.worked(0);
    await tick();
    pulls.answer(4, { ok: false, error: { tag: 'timeout' } });
    await again;
    expect(monotonicNow() - cells.startedAt(0)).toBeGreaterThanOrEqual(worked);
  });
});

describe('what the guest has not read', () => {
  it('is named with what it asks for, and for publishes, while there is any', async () => {
    const { pulls, puller, sent, open } = setUp();
    const { events, stream } = await open();
    let unread = 0;
    stream.unread = () => unread;
    expect(pulls.unread(puller)).toBeUndefined();
    const read = events.next();
    expect(pulls.unread(puller)).toEqual([2]);
    pulls.answer(2, message);
    unread = 1;
    await read;
    expect(pulls.unread(puller)).toEqual([2]);
    void pulls.receive(puller, 'b');
    unread = 0;
    void pulls.receive(puller, 'c');
    await turn();
    expect(sent.map(({ id, unread: others }) => [id, others])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, [2]],
      [4, [3]],
    ]);
  });

  it('is nothing of other calls', async () => {
    const { pulls, puller } = setUp();
    void pulls.receive(puller, 'a');
    expect(pulls.unread({ ...puller, call: 8 })).toBeUndefined();
  });
});

describe('a stream', () => {
  it('asks for one event at each read, and ends where the host says so', async () => {
    const { pulls, asked, open } = setUp();
    const { events } = await open();
    const first = events.next();
    expect(await asked()).toEqual(['open 1', 'read 2']);
    pulls.answer(2, message);
    expect(await first).toEqual({ done: false, value: event });
    const second = events.next();
    pulls.answer(3, 'end');
    expect(await second).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(await asked()).toEqual(['open 1', 'read 2', 'read 3']);
  });

  it('ends on an error instead of throwing it', async () => {
    const { pulls, open } = setUp();
    const { events } = await open();
    const read = events.next();
    pulls.answer(2, { ok: false, error: { tag: 'other', val: 'broken' } });
    expect(await read).toEqual({ done: true, value: undefined });
  });

  it.each(['dropped', 'left open by the call'])('that is %s takes back the read under way', async (how) => {
    const { pulls, puller, asked, open } = setUp();
    const { events } = await open();
    const read = events.next();
    if (how === 'dropped') await events.return?.();
    else pulls.ended(puller);
    expect(await read).toEqual({ done: true, value: undefined });
    expect(await asked()).toEqual(['open 1', 'read 2', 'withdraw 2']);
  });

  it.each([
    [1, ['open 1', 'read 2', 'withdraw 2']],
    [0, ['open 1', 'read 2']],
  ])('that is dropped with %i unread events takes back the last one, or none', async (unread, wanted) => {
    const { pulls, asked, open } = setUp();
    const { events, stream } = await open();
    stream.unread = () => unread;
    const read = events.next();
    pulls.answer(2, message);
    await read;
    await events.return?.();
    await events.return?.();
    expect(await asked()).toEqual(wanted);
  });

  it('is refused with the error that the host gives', async () => {
    const { pulls, puller } = setUp();
    const opening = pulls.stream(puller, 'a', waiting);
    pulls.answer(1, { ok: false, error: { tag: 'permission-denied', val: 'no' } });
    expect(await opening).toEqual({ ok: false, error: { tag: 'permission-denied', val: 'no' } });
    expect(await pulls.stream(undefined, 'a', waiting)).toMatchObject({ ok: false, error: { tag: 'other' } });
  });

  it('that is opened beside a read, or after the call, takes nothing of the time of others', async () => {
    const { pulls, puller, cells, open } = setUp();
    const { events } = await open();
    const read = events.next();
    const second = pulls.stream(puller, 'a', waiting);
    pulls.answer(3, { ok: true, value: undefined });
    await second;
    expect(cells.state(0)).toBe('waiting');
    const late = pulls.stream(puller, 'a', waiting);
    pulls.ended(puller);
    await read;
    cells.end(0, true);
    pulls.answer(4, { ok: true, value: undefined });
    expect([(await late).ok, cells.state(0)]).toEqual([false, 'ok']);
  });
});
