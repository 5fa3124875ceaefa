import { expect, test, vi } from 'vitest';
import { CallCells, monotonicNow } from '../../../src/component/exchange/cells.ts';
import { Exchange } from '../../../src/component/exchange/exchange.ts';
import type { FromWorker } from '../../../src/component/exchange/protocol.ts';
import type { SentCall } from '../../../src/component/pool/call-writer.ts';
import { Held } from '../../../src/component/pool/held.ts';
import { loopingReaders } from '../../../src/component/pool/late.ts';
import { Slot } from '../../../src/component/pool/slot.ts';
import type { Spares } from '../../../src/component/pool/spare.ts';
import type { ThreadSink } from '../../../src/component/pool/thread.ts';
import type { GuestOutcome, GuestPull, PublishContext } from '../../../src/guest.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';

/** A worker that does what the test says. */
class FakeThread {
  readonly cells = new CallCells();
  readonly results = new Exchange().results;
  readonly calls: SentCall[] = [];
  say: (message: FromWorker) => void = () => {};
  die: (reason: string) => void = () => {};
  /** Its event loop rests now and then, unless the test says that it does not. */
  rests = true;
  get idle(): number {
    return this.rests ? monotonicNow() : 0;
  }
  attach({ message, ended }: Pick<ThreadSink, 'message' | 'ended'>): void {
    this.say = message;
    this.die = ended;
  }
  published(): void {}
  pulled(): void {}
  call(sent: SentCall): void {
    this.calls.push(sent);
  }
}

const event = { id: 'own', source: '/s', type: 't', data: new Uint8Array() };
const delivery = { topic: 't', qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] } as const;
const MESSAGE = { binding: 'b', topic: 't', event, delivery };
const reading = { id: 1, call: 1, ask: 'read', topic: 'a' } as const;
const publishing = (unread?: readonly number[]) => ({ id: 9, call: 1, request: { topic: 'out', event }, unread });

/** A slot whose guests hold a message that request 1 was handed, of that timeout, and wait for another for ever. */
function pullingSlot(timeout = 10_000) {
  const threads: FakeThread[] = [];
  const outcomes = new Map<number, GuestOutcome['kind']>();
  const contexts: PublishContext[] = [];
  const hand = (...given: readonly unknown[]) => {
    const thread = new FakeThread();
    threads.push(thread);
    (given.at(-1) as (thread: FakeThread) => void)(thread);
  };
  const spares = { take: hand, retire() {}, failed() {}, succeeded() {} } as unknown as Spares;
  const openPull = (): GuestPull => ({
    check: () => undefined,
    next: () => new Promise(() => {}),
    withdraw: () => {},
    current: (unread = []) => (unread.includes(1) ? undefined : { binding: 'pulled', event, timeout }),
    end: () => {},
  });
  const publish = async (context: PublishContext) => {
    contexts.push(context);
    return { ok: true, value: undefined } as const;
  };
  const settled = ({ id }: Held, { kind }: GuestOutcome) => void outcomes.set(id, kind);
  const slot = new Slot({ spares, publish, openPull, telemetry: { report() {} }, settled });
  atEnd(() => slot.close());
  const submit = (id: number, timeout: number, more: typeof MESSAGE | Record<string, never> = MESSAGE) => {
    const handler = { interface: undefined, function: 'on-message' };
    slot.submit(new Held(id, { timeout, ended() {}, ...more }, handler, { instance: id, load: 1 }));
    return threads.at(-1)?.calls.at(-1)?.cell ?? 0;
  };
  const thread = threads[0];
  if (thread === undefined) throw new Error('no thread');
  return { thread, threads, outcomes, contexts, submit };
}

test.each([true, false])('a call that loops beside a read of a stream is ended, and no other (%s)', async (heard) => {
  const { thread, outcomes, submit } = pullingSlot(50);
  for (const id of [1, 2, 3]) thread.cells.wait(submit(id, 50));
  const receive = (call: number) => ({ ...reading, id: call, call, ask: 'receive' }) as const;
  // What the first has asked for may not have been heard of.
  thread.say({ pulls: heard ? [reading, receive(2), receive(3)] : [receive(2), receive(3)] });
  thread.rests = false;
  await eventually(() => outcomes.size === 3);
  expect([...outcomes].toSorted()).toEqual([
    [1, 'timeout'],
    [2, 'collateral'],
    [3, 'collateral'],
  ]);
});

test('of several that may loop beside a read, the one that has the CPU does', () => {
  const cells = new CallCells();
  const reader = (cell: number, handedAt?: number) =>
    ({ reading: 1, asking: 1, handedAt, timeout: 50, cell }) as unknown as Held;
  const readers = [1, 2].map((cell) => reader(cell));
  for (const { cell } of readers) cells.wait(cell);
  expect(loopingReaders(cells, readers)).toEqual(readers);
  cells.enterCpu(2);
  expect(loopingReaders(cells, readers)).toEqual([readers[1]]);
  // One that was handed a message has a deadline of its own.
  expect(loopingReaders(cells, [reader(1, 1)])).toEqual([]);
});

test('a publish may wait for what is left of the time of its call, however long that has waited for messages', async () => {
  const { thread, contexts, submit } = pullingSlot();
  const cell = submit(1, 10_000);
  thread.cells.start(cell);
  thread.cells.wait(cell);
  thread.say({ pulls: [reading] });
  const from = monotonicNow();
  await eventually(() => monotonicNow() - from > 30);
  thread.say({ publishes: [publishing()] });
  expect(contexts[0]?.elapsed).toBeLessThan(20);
  thread.cells.resume(cell, monotonicNow() - 500);
  thread.say({ publishes: [publishing()] });
  expect(contexts[1]?.elapsed).toBeGreaterThanOrEqual(500);
});

test('what is unread takes no publish', () => {
  const { thread, contexts, submit } = pullingSlot();
  submit(1, 1_000);
  thread.say({ pulls: [reading] });
  thread.say({ publishes: [publishing(), publishing([1])] });
  expect(contexts.map(({ binding }) => binding)).toEqual(['pulled', 'b']);
});

test.each(['queued', 'running'] as const)('a command whose worker dies is not run again (%s)', (state) => {
  const { thread, threads, outcomes, submit } = pullingSlot();
  const cell = submit(1, Number.POSITIVE_INFINITY, {});
  if (state === 'running') thread.cells.start(cell);
  thread.die('out of memory');
  expect([outcomes.get(1), threads[1]?.calls ?? []]).toEqual(['trap', []]);
});

test.each([
  ['a call that has ended', 1_000, { results: [{ id: 1, outcome: { kind: 'ok' } }] }],
  ['a command that waits for a message', Number.POSITIVE_INFINITY, { pulls: [reading] }],
] as const)('nobody looks after %s', (_, timeout, said) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  atEnd(() => vi.useRealTimers());
  const { thread, submit } = pullingSlot();
  const cell = Number.isFinite(timeout) ? submit(1, timeout) : submit(1, timeout, {});
  thread.cells.start(cell);
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(1);
  thread.cells.wait(cell);
  thread.say(said);
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  submit(2, 1_000);
  expect(vi.getTimerCount()).toBe(1);
});
