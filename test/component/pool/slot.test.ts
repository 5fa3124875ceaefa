import { expect, test } from 'vitest';
import { CallCells, monotonicNow } from '../../../src/component/exchange/cells.ts';
import { Exchange, entryOf } from '../../../src/component/exchange/exchange.ts';
import type { FromWorker } from '../../../src/component/exchange/protocol.ts';
import type { SentCall } from '../../../src/component/pool/call-writer.ts';
import { Held } from '../../../src/component/pool/held.ts';
import { lateCalls } from '../../../src/component/pool/late.ts';
import { Slot } from '../../../src/component/pool/slot.ts';
import type { Spares } from '../../../src/component/pool/spare.ts';
import type { ThreadSink } from '../../../src/component/pool/thread.ts';
import { Cpu } from '../../../src/component/worker/cpu.ts';
import type {
  GuestCall,
  GuestOutcome,
  GuestPublish,
  GuestPull,
  PublishContext,
  PullAnswer,
  Transaction,
} from '../../../src/guest.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';

class FakeThread {
  readonly cells = new CallCells();
  readonly #exchange = new Exchange();
  readonly results = this.#exchange.results;
  /** The worker's side. */
  readonly ended = new Exchange(this.#exchange.buffer).results;
  readonly calls: SentCall[] = [];
  readonly answers: unknown[] = [];
  /** Its event loop rests. */
  get idle(): number {
    return monotonicNow();
  }
  isAwaited = false;
  say: (message: FromWorker) => void = () => {};
  look: () => void = () => {};
  die: (reason: string) => void = () => {};
  attach({ message, results, ended }: Pick<ThreadSink, 'message' | 'results' | 'ended'>): void {
    this.say = message;
    this.look = results;
    this.die = ended;
  }
  published(_id: number, verdict: unknown): void {
    this.answers.push(verdict);
  }
  pulled(_id: number, reply: unknown): void {
    this.answers.push(reply);
  }
  call(sent: SentCall): void {
    this.calls.push(sent);
  }
}

const buffer: GuestPublish = async ({ transaction }, { topic }) => {
  transaction?.publishes.push({ topic } as unknown as Transaction['publishes'][number]);
  return { ok: true, value: undefined };
};

/** A slot whose workers do only what the test writes into their cells. */
function fakeSlot(openPull?: () => GuestPull) {
  const threads: FakeThread[] = [];
  const outcomes = new Map<number, GuestOutcome['kind']>();
  const contexts: PublishContext[] = [];
  const failures: number[] = [];
  const spares = {
    take(failed: number, use: (thread: FakeThread) => void) {
      failures.push(failed);
      const thread = new FakeThread();
      threads.push(thread);
      use(thread);
    },
    retire() {},
    succeeded() {},
  } as unknown as Spares;
  const slot = new Slot({
    spares,
    publish: (context, request) => {
      contexts.push(context);
      return buffer(context, request);
    },
    openPull,
    telemetry: { report() {} },
    settled: ({ id }, { kind }) => outcomes.set(id, kind),
  });
  atEnd(() => slot.close());
  const submit = (id: number, timeout: number, transaction?: Transaction, more: Partial<GuestCall> = {}) => {
    const event = { id: 'e', source: '/s', type: 't', data: new Uint8Array() };
    const delivery = { topic: 't', qos: 1 as const, retained: false, redelivered: false, attempt: 1 };
    const info = { ...delivery, userProperties: [] };
    const call = { binding: 'b', topic: 't', event, delivery: info, timeout, transaction, ...more, ended() {} };
    const handler = { interface: undefined, function: 'on-message' };
    slot.submit(new Held(id, call, handler, { instance: id, load: 1 }));
    const cell = threads.at(-1)?.calls.at(-1)?.cell;
    if (cell === undefined) throw new Error('not sent');
    return cell;
  };
  return { slot, threads, outcomes, contexts, submit, failures };
}

test('ends are waited for, but for those of short calls that nobody waits for, while there is room', () => {
  const { slot, threads, submit } = fakeSlot();
  const [thread] = threads;
  if (thread === undefined) throw new Error('no thread');
  const chain = { id: 1, length: 9, brokenAt: Number.POSITIVE_INFINITY, seat: undefined };
  const unhurried = { unhurried: true, link: { chain, place: 0 } };
  const end = (id: number, cell: number) => {
    thread.ended.put(entryOf(id, cell, false));
    thread.look();
  };
  // Nothing is known of how long calls take.
  end(1, submit(1, 10_000, undefined, unhurried));
  expect(thread.isAwaited).toBe(true);
  for (const [pace, isAwaited] of [
    [0.001, false],
    [0.1, true],
    [0.001, false],
  ] as const) {
    thread.cells.pace = pace;
    end(2, submit(2, 10_000, undefined, unhurried));
    expect(thread.isAwaited).toBe(isAwaited);
  }
  const acknowledged = submit(3, 10_000, undefined, { link: unhurried.link });
  expect(thread.isAwaited).toBe(true);
  end(3, acknowledged);
  const alone = submit(4, 10_000, undefined, { unhurried: true });
  expect(thread.isAwaited).toBe(true);
  end(4, alone);
  for (let id = 5; id <= 70; id++) submit(id, 10_000, undefined, unhurried);
  expect([thread.isAwaited, slot.load]).toEqual([true, 66]);
});

test('a call that loops is the only timeout, though others have passed their deadlines meanwhile', async () => {
  const { threads, outcomes, submit } = fakeSlot();
  const cells = threads[0]?.cells;
  cells?.start(submit(1, 60));
  const looper = submit(2, 120);
  cells?.start(looper);
  cells?.enterCpu(looper);
  await eventually(() => outcomes.size === 2);
  expect([...outcomes].toSorted()).toEqual([
    [1, 'collateral'],
    [2, 'timeout'],
  ]);
});

test('calls are settled in the order in which they ended, though the result of one comes by message', () => {
  const { threads, outcomes, submit } = fakeSlot();
  const [thread] = threads;
  for (const [id, byMessage] of [
    [1, false],
    [2, true],
    [3, false],
  ] as const)
    thread?.ended.put(entryOf(id, submit(id, 10_000), byMessage));
  thread?.look();
  expect([...outcomes]).toEqual([[1, 'ok']]);
  thread?.say({ results: [{ id: 2, outcome: { kind: 'trap', message: '' } }] });
  expect([...outcomes]).toEqual([
    [1, 'ok'],
    [2, 'trap'],
    [3, 'ok'],
  ]);
});

test.each<[string, (thread: FakeThread, slot: Slot) => void]>([
  ['after a while', () => {}],
  ['as soon as its worker has died', (thread) => thread.die('it crashed')],
  ['when the pool is closed', (_, slot) => slot.close()],
])('a call that has ended well is settled though the worker does not say so: %s', async (_, act) => {
  const { slot, threads, outcomes, submit } = fakeSlot();
  const [thread] = threads;
  if (thread === undefined) throw new Error('no thread');
  // Of one with a transaction the cell alone is not enough.
  const cell = submit(1, 10_000, { publishes: [], bytes: 0 });
  thread.cells.start(cell);
  thread.ended.put(entryOf(1, cell, false));
  act(thread, slot);
  await eventually(() => outcomes.size === 1);
  expect(outcomes.get(1)).toBe('ok');
});

test('a call that waits past its own deadline is a timeout, and one that has the CPU since then is not', async () => {
  const cells = new CallCells();
  const [waits, runs] = [
    { cell: 3, timeout: -1, handedAt: undefined },
    { cell: 4, timeout: 60_000, handedAt: undefined },
  ] as const;
  cells.start(waits.cell);
  cells.start(runs.cell);
  const before = monotonicNow();
  await eventually(() => monotonicNow() > before);
  expect(lateCalls(cells, [waits, runs])).toEqual([waits]);
  cells.enterCpu(runs.cell);
  expect(lateCalls(cells, [waits, runs])).toEqual([waits]);
});

test('a worker that takes up no call is ended with a backoff, and its calls run on the next', async () => {
  const { threads, outcomes, submit, failures } = fakeSlot();
  threads[0]?.cells.progressed();
  submit(1, 50);
  await eventually(() => threads.length === 2);
  expect([threads[1]?.calls.map(({ id }) => id), failures, outcomes.size]).toEqual([[1], [0, 1], 0]);
});

test('closing settles a call that has ended well, though nothing was heard of it, as such', () => {
  const { slot, threads, outcomes, submit } = fakeSlot();
  const [done, failed] = [submit(1, 1000), submit(2, 1000), submit(3, 1000)];
  threads[0]?.cells.end(done ?? 0, true);
  threads[0]?.cells.end(failed ?? 0, false);
  slot.close();
  expect([...outcomes.values()]).toEqual(['ok', 'cut', 'cut']);
});

const open = (): Transaction => ({ publishes: [], bytes: 0 });
const publishing = (call: number, topic: string) => {
  const event = { id: '1', source: '/s', type: 't', data: new Uint8Array() };
  return { id: call * 100, call, request: { topic, event } };
};

test('a publish that comes with its result is part of the transaction, before the call is settled', () => {
  const { threads, outcomes, contexts, submit } = fakeSlot();
  const transaction = open();
  submit(1, 1000, transaction);
  threads[0]?.say({ publishes: [publishing(1, 'out')], results: [{ id: 1, outcome: { kind: 'ok' } }] });
  expect([transaction.publishes.length, outcomes.get(1), contexts[0]?.transaction]).toEqual([1, 'ok', transaction]);
});

test('a publish after its handler returned joins no transaction', () => {
  const { threads, contexts, submit } = fakeSlot();
  const transaction = open();
  submit(1, 1000, transaction);
  threads[0]?.say({ results: [{ id: 1, outcome: { kind: 'ok' } }] });
  threads[0]?.say({ publishes: [publishing(1, 'late')] });
  expect([transaction.publishes, contexts]).toEqual([[], []]);
  expect(threads[0]?.answers).toMatchObject([{ ok: false, error: { tag: 'other' } }]);
});

test('a call with a transaction is over only when its worker says so: its publishes may be on their way', async () => {
  const { slot, threads, outcomes, submit } = fakeSlot();
  const cells = threads[0]?.cells;
  cells?.end(submit(1, 1000, open()), true);
  cells?.end(submit(2, 1000), true);
  await eventually(() => outcomes.size > 0);
  expect([...outcomes]).toEqual([[2, 'ok']]);
  slot.close();
  expect(outcomes.get(1)).toBe('cut');
});

test('a call with a transaction that ended well on a worker that was ended is run again', async () => {
  const { threads, outcomes, submit } = fakeSlot();
  const cells = threads[0]?.cells;
  cells?.end(submit(1, 1000, open()), true);
  const looper = submit(2, 50);
  cells?.start(looper);
  cells?.enterCpu(looper);
  await eventually(() => outcomes.size === 2);
  expect([...outcomes].toSorted()).toEqual([
    [1, 'collateral'],
    [2, 'timeout'],
  ]);
});

/** Resolves when its guest code may run. */
function entered(cpu: Cpu, cell: number): Promise<void> {
  return new Promise((resolve) => cpu.enter(cell, resolve));
}

test('calls that become ready together have the CPU one after the other', async () => {
  const cells = new CallCells();
  const cpu = new Cpu(cells);
  const seen: (number | undefined)[] = [];
  const run = async (cell: number, leaves: boolean) => {
    await entered(cpu, cell);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    seen.push(cells.onCpu);
    if (leaves) cpu.leave(cell);
  };
  await Promise.all([run(5, true), run(6, false), run(7, true)]);
  // The second has neither waited nor ended.
  expect([...seen, cells.onCpu]).toEqual([5, 6, 7, 6]);
  cpu.leave(6);
  expect(cells.onCpu).toBe(undefined);
});

test('a call that goes on some turns later has the CPU until it waits, unless another one has', async () => {
  const cells = new CallCells();
  const cpu = new Cpu(cells);
  await entered(cpu, 5);
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(cells.onCpu).toBe(5);
  await entered(cpu, 6);
  expect(cells.onCpu).toBe(6);
  cpu.leave(6);
  expect(cells.onCpu).toBe(5);
  cpu.leave(5);
  expect(cells.onCpu).toBe(undefined);
});

/** A guest that has received a message, which is in a transaction. */
function pulling(answer: PullAnswer = { ok: false, error: { tag: 'timeout' } }) {
  const transaction = open();
  const event = { id: 'pulled', source: '/s', type: 't', data: new Uint8Array() };
  const ends: string[] = [];
  const puller: GuestPull = {
    check: () => undefined,
    next: async () => answer,
    withdraw: () => {},
    current: () => ({ binding: 'pulled', event, timeout: 70, transaction }),
    end: ({ kind }) => void ends.push(kind),
  };
  return { transaction, ends, set: fakeSlot(() => puller) };
}

const asking = { id: 1, call: 1, ask: 'receive', topic: 'a' } as const;

test('a publish joins the transaction of the message received last', () => {
  const { transaction, set } = pulling();
  const own = open();
  set.submit(1, 1000, own);
  set.threads[0]?.say({ publishes: [publishing(1, 'before')] });
  set.threads[0]?.say({ pulls: [asking] });
  set.threads[0]?.say({ publishes: [publishing(1, 'after')] });
  expect([own.publishes, transaction.publishes]).toEqual([[{ topic: 'before' }], [{ topic: 'after' }]]);
  expect(set.contexts[1]).toMatchObject({ binding: 'pulled', event: { id: 'pulled' }, timeout: 70 });
});

test('what a call has received ends with it, before its own message; it is over only when its worker says so', async () => {
  const { ends, set } = pulling();
  const cell = set.submit(1, 1000);
  set.threads[0]?.say({ pulls: [asking] });
  set.threads[0]?.cells.end(cell, true);
  set.threads[0]?.cells.end(set.submit(2, 1000), true);
  await eventually(() => set.outcomes.has(2));
  expect([ends, set.outcomes.has(1)]).toEqual([[], false]);
  set.threads[0]?.say({ results: [{ id: 1, outcome: { kind: 'ok' } }] });
  expect([ends, set.outcomes.get(1)]).toEqual([['ok'], 'ok']);
});

test('a handler that fails because the host stops has made no attempt', async () => {
  const { ends, set } = pulling('draining');
  set.submit(1, 1000);
  set.threads[0]?.say({ pulls: [asking] });
  await eventually(() => set.threads[0]?.answers.length === 1);
  set.threads[0]?.say({ results: [{ id: 1, outcome: { kind: 'err', error: { tag: 'timeout' } } }] });
  expect([ends, set.outcomes.get(1)]).toEqual([['cut'], 'cut']);
});

test('a call that waits for a message is not ended, and neither are those that wait behind it', async () => {
  const { set } = pulling();
  const cells = set.threads[0]?.cells;
  cells?.wait(set.submit(1, 20));
  set.submit(2, 20);
  // Longer than a worker is granted that takes up no call.
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  expect([set.threads.length, set.outcomes.size]).toEqual([1, 0]);
});

test('a command that asks for more while the host stops is over, and gives back what it holds', async () => {
  const { ends, set } = pulling('draining');
  const run = { interface: 'wasi:cli/run@0.2.6', function: 'run' };
  const command = { timeout: Number.POSITIVE_INFINITY, ended() {} };
  set.slot.submit(new Held(1, command, run, { instance: 0, load: 1 }));
  set.threads[0]?.say({ pulls: [asking] });
  await eventually(() => set.outcomes.has(1));
  expect([ends[0], set.outcomes.get(1), set.threads[0]?.answers]).toEqual(['cut', 'ok', []]);
});

test('a call that loops after it was told that nothing came is ended', async () => {
  const { set } = pulling();
  const cell = set.submit(1, 50);
  const cells = set.threads[0]?.cells;
  cells?.wait(cell);
  set.threads[0]?.say({ pulls: [asking] });
  await eventually(() => set.threads[0]?.answers.length === 1);
  cells?.start(cell);
  await eventually(() => set.outcomes.get(1) === 'timeout');
});
