import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OutboxRow } from '../../../src/journal.ts';
import { openPublisher, outgoing } from '../../support/broker-sessions.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import { CONNECTION, connected, driver, type PlayedPublisher, playPublisher, settles } from './scripted.ts';

const BROKEN = 'pubsub.bus: publisher of binding b0: the driver broke its contract: ';
const OK = { ok: true, value: undefined };
const other = (val: string) => ({ ok: false, error: { tag: 'other', val } });

function brokenBy({ host }: PlayedPublisher, text: string): void {
  expect(host.errors.map(({ message }) => message)).toEqual([BROKEN + text]);
  expect(host.errors[0]).toMatchObject({ code: 'ERR_BROKER_DRIVER' });
}

async function bringUp({ options: { outbox }, sink }: PlayedPublisher, connection = connected()): Promise<void> {
  await outbox.connecting();
  await outbox.connected(connection.sessionPresent);
  sink.connected(connection);
}

describe('a driver that keeps its contract', () => {
  it('is passed on and told of', async () => {
    const played = playPublisher(new MemoryOutbox());
    const { host, sink, statuses } = played;
    expect(host.publisher.online).toBe(false);
    await bringUp(played);
    expect([host.publisher.online, host.publisher.protocol]).toEqual([true, 5]);
    expect(await host.send('t', 'x')).toEqual(OK);
    expect(host.publisher.check(outgoing('t', 'x'))).toBeUndefined();
    sink.disconnected('gone');
    expect(host.publisher.online).toBe(false);
    await bringUp(played, connected({ epoch: 2, sessionPresent: true }));
    expect([host.connections.length, host.disconnects, host.errors]).toEqual([2, ['gone'], []]);
    expect(statuses.map(({ kind }) => kind)).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('sends rows, and what becomes of them is reported', async () => {
    const outbox = new MemoryOutbox();
    const played = playPublisher(outbox);
    const ready: OutboxRow[] = [];
    played.options.outbox.onReady((rows) => ready.push(...rows));
    await bringUp(played);
    await outbox.commit(outgoing('a', '1'), outgoing('b', '2'), outgoing('c', '3'));
    const [a, b, c] = ready as [OutboxRow, OutboxRow, OutboxRow];
    await played.options.outbox.delete(a);
    await played.options.outbox.refuse(b, 'no');
    await played.options.outbox.park(c, 'never');
    expect([outbox.size, outbox.dead.map(({ reason }) => reason)]).toEqual([0, ['no', 'never']]);
    expect(played.statuses.slice(1)).toEqual([
      { kind: 'publish-dead-letter', binding: 'b0', topic: 'b', error: 'no', parked: false },
      { kind: 'publish-dead-letter', binding: 'b0', topic: 'c', error: 'never', parked: true },
    ]);
  });

  it('reports what a lost session may repeat', async () => {
    const outbox = new MemoryOutbox();
    const played = playPublisher(outbox);
    await outbox.commit(outgoing('a', '1'));
    await bringUp(played);
    expect(played.statuses[0]).toEqual({
      kind: 'session-lost',
      binding: 'b0',
      broker: 'bus://h',
      mayRepeat: 1,
      mayBeLost: 0,
    });
  });
});

describe('calls out of order', () => {
  it('connected before the outbox knows', async () => {
    const played = playPublisher(new MemoryOutbox());
    await played.options.outbox.connecting();
    played.sink.connected(connected());
    brokenBy(played, 'connected(): outbox.connected() had not resolved');
    expect(played.host.connections).toEqual([]);
  });

  it('connected again without telling the outbox again', async () => {
    const played = playPublisher(new MemoryOutbox());
    await bringUp(played);
    played.sink.disconnected('gone');
    played.sink.connected(connected({ epoch: 2 }));
    brokenBy(played, 'connected(): outbox.connected() had not resolved');
  });

  it('outbox.connected before outbox.connecting', async () => {
    const played = playPublisher(new MemoryOutbox());
    expect(await settles(played.options.outbox.connected(false))).toBe(false);
    brokenBy(played, 'outbox.connected(): outbox.connecting() was not called');
  });

  it.each(['delete', 'refuse', 'park'] as const)('a row that has ended and %s', async (how) => {
    const outbox = new MemoryOutbox();
    const played = playPublisher(outbox);
    await bringUp(played);
    await outbox.commit(outgoing('a', '1'));
    const [row] = played.options.outbox.ready() as [OutboxRow];
    const guarded = played.options.outbox;
    await guarded.delete(row);
    const again = {
      delete: () => guarded.delete(row),
      refuse: () => guarded.refuse(row, ''),
      park: () => guarded.park(row, ''),
    };
    expect(await settles(again[how]())).toBe(false);
    brokenBy(played, `outbox.${how}(): row ${row.key} had ended already`);
    expect(outbox.dead).toEqual([]);
  });
});

describe('what a driver throws, returns or leaves open', () => {
  it('while it is opened: every publish has a verdict all the same', async () => {
    const host = openPublisher(driver({ openPublisher: () => expect.fail('not today') }), CONNECTION);
    expect(host.errors[0]?.message).toBe(`${BROKEN}openPublisher() threw: not today`);
    expect(await host.send('t', 'x')).toEqual({
      ok: false,
      error: { tag: 'connection', val: 'the session has failed' },
    });
    await host.publisher.whenOnline();
  });

  it.each([
    [() => Promise.reject(new Error('not today')), 'publish() rejected: not today'],
    [() => expect.fail('not today'), 'publish() rejected: not today'],
    [async () => undefined as never, 'publish() resolved with neither { ok: true } nor { ok: false, error }'],
    [async () => ({ ok: false }) as never, 'publish() resolved with neither { ok: true } nor { ok: false, error }'],
  ])('publish %#', async (publish, text) => {
    const played = playPublisher(new MemoryOutbox(), { publish });
    expect(await played.host.send('t', 'x')).toEqual(other('the driver gave no verdict'));
    brokenBy(played, text);
  });

  it('publish without a verdict is given up after its time', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const played = playPublisher(new MemoryOutbox(), { publish: () => new Promise(() => {}) });
    const verdict = played.host.send('t', 'x', {}, 2_000);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(await verdict).toEqual(other('the driver gave no verdict'));
    brokenBy(played, 'publish() had not settled after 7 s');
  });

  it('a listener of the outbox that throws does not reach the journal', async () => {
    const outbox = new MemoryOutbox();
    const played = playPublisher(outbox);
    played.options.outbox.onReady(() => expect.fail('not today'));
    await outbox.commit(outgoing('a', '1'));
    await outbox.turn();
    brokenBy(played, 'its listener of onReady() threw: not today');
  });

  it('whenOnline that rejects or never settles keeps nobody waiting once the session has failed', async () => {
    const never = playPublisher(new MemoryOutbox(), { whenOnline: () => new Promise(() => {}) });
    const waiting = never.host.publisher.whenOnline();
    expect(await settles(waiting)).toBe(false);
    never.sink.failed(new Error('thrown out'));
    await waiting;
    const rejecting = playPublisher(new MemoryOutbox(), { whenOnline: () => Promise.reject(new Error('not today')) });
    await rejecting.host.publisher.whenOnline();
    expect(rejecting.host.errors).toHaveLength(1);
  });

  it('a journal that fails leaves the driver waiting, and is the session’s error', async () => {
    const outbox = new MemoryOutbox();
    const played = playPublisher(outbox);
    await bringUp(played);
    outbox.delete = () => Promise.reject(new Error('the journal has failed'));
    await outbox.commit(outgoing('a', '1'));
    const [row] = outbox.ready() as [OutboxRow];
    expect(await settles(played.options.outbox.delete(row))).toBe(false);
    expect(played.host.errors[0]?.message).toBe('pubsub.bus: publisher of binding b0: the journal has failed');
  });
});
