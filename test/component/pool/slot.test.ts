import { expect, test } from 'vitest';
import { CallCells, monotonicNow } from '../../../src/component/cells.ts';
import { lateCalls } from '../../../src/component/pool/late.ts';
import { Slot } from '../../../src/component/pool/slot.ts';
import type { Spares } from '../../../src/component/pool/spare.ts';
import type { CallMessage } from '../../../src/component/protocol.ts';
import { Cpu } from '../../../src/component/worker/cpu.ts';
import type { GuestOutcome } from '../../../src/guest.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';

class FakeThread {
  readonly cells = new CallCells();
  readonly calls: CallMessage[] = [];
  attach(): void {}
  call(message: CallMessage): void {
    this.calls.push(message);
  }
}

/** A slot whose workers do only what the test writes into their cells. */
function fakeSlot() {
  const threads: FakeThread[] = [];
  const outcomes = new Map<number, GuestOutcome['kind']>();
  let failures = 0;
  const spares = {
    take(use: (thread: FakeThread) => void) {
      const thread = new FakeThread();
      threads.push(thread);
      use(thread);
    },
    retire() {},
    failed: () => failures++,
    succeeded() {},
  } as unknown as Spares;
  const slot = new Slot({
    spares,
    publish: () => Promise.resolve({ ok: true, value: undefined }),
    telemetry: { report() {} },
  });
  atEnd(() => slot.close());
  const submit = (id: number, timeout: number) => {
    const event = { id: 'e', source: '/s', type: 't', data: new Uint8Array() };
    const delivery = { topic: 't', qos: 1 as const, retained: false, redelivered: false, attempt: 1 };
    slot.submit({
      id,
      instance: id,
      call: { binding: 'b', handler: 'on_message', event, delivery: { ...delivery, userProperties: [] }, timeout },
      handler: { interface: undefined, function: 'on-message' },
      settle: ({ kind }) => outcomes.set(id, kind),
    });
    const cell = threads.at(-1)?.calls.at(-1)?.cell;
    if (cell === undefined) throw new Error('not sent');
    return cell;
  };
  return { slot, threads, outcomes, submit, failures: () => failures };
}

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

test('a call that waits past its own deadline is a timeout, and one that has the CPU since then is not', async () => {
  const cells = new CallCells();
  const [waits, runs] = [
    { cell: 3, call: { timeout: -1 } },
    { cell: 4, call: { timeout: 60_000 } },
  ];
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
  expect([threads[1]?.calls.map(({ id }) => id), failures(), outcomes.size]).toEqual([[1], 1, 0]);
});

test('closing settles a call that has ended well, though nothing was heard of it, as such', () => {
  const { slot, threads, outcomes, submit } = fakeSlot();
  const [done, failed] = [submit(1, 1000), submit(2, 1000), submit(3, 1000)];
  threads[0]?.cells.end(done ?? 0, true);
  threads[0]?.cells.end(failed ?? 0, false);
  slot.close();
  expect([...outcomes.values()]).toEqual(['ok', 'cut', 'cut']);
});

test('calls that become ready together have the CPU one after the other', async () => {
  const cells = new CallCells();
  const cpu = new Cpu(cells);
  const seen: (number | undefined)[] = [];
  const run = async (cell: number, leaves: boolean) => {
    await cpu.enter(cell);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    seen.push(cells.onCpu);
    if (leaves) cpu.leave(cell);
  };
  await Promise.all([run(5, true), run(6, false), run(7, true)]);
  expect([...seen, cells.onCpu]).toEqual([5, 6, 7, undefined]);
});
