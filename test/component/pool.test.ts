import { beforeAll, describe, expect, test } from 'vitest';
import type { PreparedComponent } from '../../src/component/index.ts';
import { Affinity } from '../../src/component/pool/affinity.ts';
import { inheritedOptions } from '../../src/component/pool/thread.ts';
import type { GuestOutcome, PublishContext, PublishRequest } from '../../src/guest.ts';
import { eventually } from '../support/eventually.ts';
import { printingGuest, syncGuest, waitingGuest } from './support/guests.ts';
import { prepare, testPool } from './support/pool.ts';

let sync: PreparedComponent;
let waiting: PreparedComponent;
let printing: PreparedComponent;

beforeAll(async () => {
  [sync, waiting, printing] = [
    await prepare(syncGuest()),
    await prepare(waitingGuest()),
    await prepare(printingGuest()),
  ];
});

const OK: GuestOutcome = { kind: 'ok' };

describe.each([
  ['without JSPI', () => sync, 'sync'],
  ['with JSPI', () => waiting, 'jspi'],
] as const)('a guest %s', (_, component, mode) => {
  test('is run in that mode and returns ok, or its typed error', async () => {
    expect(component().mode).toBe(mode);
    const { pool, call } = testPool(component());
    await pool.start();
    await expect(call('ok')).resolves.toEqual(OK);
    await expect(call('err')).resolves.toEqual({ kind: 'err', error: { tag: 'other', val: 'boom' } });
    await expect(call('rejected')).resolves.toEqual({ kind: 'err', error: { tag: 'rejected', val: 'bad' } });
  });

  test('answers every call of a burst', async () => {
    const { pool, call } = testPool(component());
    const outcomes = await Promise.all(Array.from({ length: pool.capacity }, (_, i) => call('ok', `t/${i}`)));
    expect(outcomes).toEqual(outcomes.map(() => OK));
  });

  test('keeps its state between the calls of a topic, and loses it when it traps', async () => {
    const { call } = testPool(component());
    const count = async () => {
      const outcome = await call('count');
      return outcome.kind === 'err' && 'val' in outcome.error ? outcome.error.val : outcome;
    };
    expect([await count(), await count(), await count()]).toEqual(['0', '1', '2']);
    await expect(call('trap')).resolves.toEqual({ kind: 'trap', message: expect.stringContaining('unreachable') });
    expect([await count(), await count()]).toEqual(['0', '1']);
  });

  test('is made anew after a stack overflow', async () => {
    const { call, statuses } = testPool(component());
    await call('count');
    await expect(call('stack')).resolves.toMatchObject({ kind: 'trap', message: expect.stringMatching(/stack/) });
    await expect(call('count')).resolves.toEqual({ kind: 'err', error: { tag: 'other', val: '0' } });
    expect(statuses).toEqual([]);
  });

  test('that allocates for ever stops at its cap', async () => {
    const { call } = testPool(component());
    const outcome = await call('allocate');
    // It reports its size in pages as the length of a text: 256 pages are the cap of 16 MiB.
    expect(outcome.kind === 'err' && 'val' in outcome.error && outcome.error.val.length).toBe(256);
  });

  test('that loops is ended at its deadline, and the calls behind it run on the next worker', async () => {
    const { pool, call, statuses } = testPool(component());
    await pool.start();
    const stuck = call('loop', 'stuck', { timeout: 200 });
    const others = Array.from({ length: 20 }, (_, i) => call('ok', `other/${i}`));
    await expect(stuck).resolves.toEqual({ kind: 'timeout' });
    const outcomes = (await Promise.all(others)).map(({ kind }) => kind);
    // Without JSPI none of them had started; with it the first of each other instance may have.
    const collateral = outcomes.filter((kind) => kind !== 'ok');
    expect(collateral).toEqual(mode === 'sync' ? [] : collateral.slice(0, 3).map(() => 'collateral'));
    await expect(call('ok', 'stuck')).resolves.toEqual(OK);
    expect(statuses.flatMap((status) => (status.kind === 'worker' ? [status.event] : []))).toEqual([
      'ended',
      'replaced',
    ]);
  });
});

test('a result that the worker had no time to send is not lost to a loop behind it', async () => {
  const { pool, call } = testPool(sync);
  await pool.start();
  const order: string[] = [];
  const note = (name: string) => (outcome: GuestOutcome) => order.push(`${name} ${outcome.kind}`);
  const first = call('ok', 'one').then(note('first'));
  const stuck = call('loop', 'two', { timeout: 400 }).then(note('stuck'));
  await Promise.all([first, stuck]);
  expect(order).toEqual(['first ok', 'stuck timeout']);
});

test('a call that had started beside a stuck one is collateral', async () => {
  const never = Promise.withResolvers<never>();
  const { pool, call } = testPool(waiting, { publish: () => never.promise });
  await pool.start();
  const publishing = call('publish', 'slow', { timeout: 60_000 });
  const stuck = call('loop', 'stuck', { timeout: 200 });
  await expect(stuck).resolves.toEqual({ kind: 'timeout' });
  await expect(publishing).resolves.toEqual({ kind: 'collateral' });
});

test('calls that a looping one keeps from going on are collateral, though past their deadlines', async () => {
  const asked: (() => void)[] = [];
  const { pool, call } = testPool(waiting, {
    publish: () => new Promise((resolve) => asked.push(() => resolve({ ok: true, value: undefined }))),
  });
  await pool.start();
  const victim = call('publish', 'slow', { timeout: 400 });
  await eventually(() => asked.length === 1);
  const stuck = call('loop', 'stuck', { timeout: 600 });
  await expect(stuck).resolves.toEqual({ kind: 'timeout' });
  await expect(victim).resolves.toEqual({ kind: 'collateral' });
});

test('a call that only waits is ended at its deadline as well', async () => {
  const never = Promise.withResolvers<never>();
  const { call } = testPool(waiting, { publish: () => never.promise });
  await expect(call('publish', 'slow', { timeout: 150 })).resolves.toEqual({ kind: 'timeout' });
});

test('topics run in parallel on instances of their own, each on its own', async () => {
  const held: (() => void)[] = [];
  const { call } = testPool(waiting, {
    publish: () => new Promise((resolve) => held.push(() => resolve({ ok: true, value: undefined }))),
  });
  const slow = call('publish', 'slow');
  await eventually(() => held.length === 1);
  await expect(call('count', 'quick')).resolves.toMatchObject({ error: { val: '0' } });
  await expect(call('count', 'quick')).resolves.toMatchObject({ error: { val: '1' } });
  held[0]?.();
  await expect(slow).resolves.toEqual(OK);
  await expect(call('count', 'slow')).resolves.toMatchObject({ error: { val: '0' } });
  await expect(call('count', 'quick')).resolves.toMatchObject({ error: { val: '2' } });
});

test('a publish reaches the host with the call it belongs to, and its verdict the guest', async () => {
  const published: [PublishContext, PublishRequest][] = [];
  const { call } = testPool(waiting, {
    publish: (context, request) => {
      published.push([context, request]);
      return Promise.resolve(
        request.topic === 'no'
          ? { ok: false, error: { tag: 'permission-denied', val: 'not yours' } }
          : { ok: true, value: undefined },
      );
    },
  });
  const event = { id: 'yes', source: '/s', type: 'publish', data: Uint8Array.of(0, 1, 255) };
  await expect(call('publish', 'a', { event, binding: 'b7' })).resolves.toEqual(OK);
  const denied = { kind: 'err', error: { tag: 'permission-denied', val: 'not yours' } };
  await expect(call('publish', 'a', { event: { ...event, id: 'no' } })).resolves.toEqual(denied);
  expect(published[0]).toEqual([
    { binding: 'b7', event, timeout: 5_000, elapsed: expect.any(Number) },
    { topic: 'yes', event },
  ]);
});

test('a guest that loops on an import that resolves at once does not keep other calls waiting', async () => {
  const { pool, call } = testPool(waiting);
  await pool.start();
  const busy = call('y', 'busy', { timeout: 1_500 });
  await expect(call('publish', 'other')).resolves.toEqual(OK);
  await expect(busy).resolves.toEqual({ kind: 'timeout' });
});

test('output reaches the host line by line, and a flood of it is dropped and counted', async () => {
  const { call, statuses } = testPool(printing);
  await call('ok', 'a');
  const lines = () => statuses.filter((status) => status.kind === 'guest-output');
  expect(await eventually(() => lines().length === 1 && lines())).toMatchObject([{ stream: 'stdout', level: 'info' }]);
  await expect(call('flood', 'a', { timeout: 2_000 })).resolves.toEqual({ kind: 'timeout' });
  expect(lines().length).toBeLessThan(60_000);
  const notice = { kind: 'notice', level: 'warn', text: expect.stringMatching(/^\d{3,} lines .* dropped/) };
  expect(statuses).toContainEqual(notice);
});

test('a guest that makes the host hold ever more is ended with its worker, and its call has trapped', async () => {
  const { call, statuses } = testPool(printing, { heap: 32 });
  await expect(call('hoard', 'a', { timeout: 30_000 })).resolves.toMatchObject({
    kind: 'trap',
    message: expect.stringMatching(/memory/i),
  });
  await expect(call('ok', 'a')).resolves.toEqual(OK);
  expect(statuses).toContainEqual({ kind: 'worker', event: 'ended', reason: expect.stringMatching(/memory/i) });
});

describe('starting', () => {
  test('a start function that traps', async () => {
    const { pool } = testPool(await prepare(syncGuest('(func $s unreachable) (start $s)')));
    await expect(pool.start()).rejects.toMatchObject({
      code: 'ERR_COMPONENT_START',
      message: 'the component cannot be instantiated: unreachable',
    });
  });

  test('a start function that loops', async () => {
    const looping = await prepare(syncGuest('(func $s (loop $l (br $l))) (start $s)'));
    const { pool } = testPool(looping, { startTimeout: 200 });
    await expect(pool.start()).rejects.toMatchObject({
      code: 'ERR_COMPONENT_START',
      message: expect.stringContaining('did not end within 200 ms'),
    });
  });

  test('a worker that cannot load the component', async () => {
    const { pool } = testPool({ ...sync, entry: 'file:///nowhere/component.mjs' });
    await expect(pool.start()).rejects.toMatchObject({ code: 'ERR_COMPONENT_START' });
  });
});

test('workers that die at load are replaced with growing delays, and calls wait for one that lives', async () => {
  const { pool, call, statuses } = testPool({ ...sync, entry: 'file:///nowhere/component.mjs' });
  const waiting = call('ok');
  await eventually(() => statuses.filter((s) => s.kind === 'worker' && s.event === 'ended').length >= 3);
  await pool.close(0);
  await expect(waiting).resolves.toEqual({ kind: 'cut' });
});

test('more topics than one of several workers has room for wait for it', async () => {
  const { pool, call } = testPool(sync, { workers: 2 });
  // The first topic's worker gets all calls of its topic: more than it may hold at once.
  const outcomes = await Promise.all(Array.from({ length: pool.capacity }, () => call('ok', 'one')));
  expect(outcomes).toEqual(outcomes.map(() => OK));
});

test('a worker takes over package conditions and nothing else of the options of this process', () => {
  const options = ['--inspect', '--conditions=a', '-C', 'b', '--import', './x.ts', '--conditions', 'c', '-r', 'd'];
  expect(inheritedOptions(options)).toEqual(['--conditions=a', '--conditions=b', '--conditions=c']);
});

test('affinity forgets what has not been seen for long, in each binding by itself', () => {
  const forgotten: number[] = [];
  const affinity = new Affinity<number>({ bound: 2, forgot: (place) => forgotten.push(place) });
  const place = (topic: string, fresh: number) => affinity.place('b', topic, () => fresh);
  expect([place('x', 1), place('y', 2), place('x', 9), place('z', 3)]).toEqual([1, 2, 1, 3]);
  expect([place('x', 9), place('y', 4)]).toEqual([1, 4]);
  expect(affinity.place('other', 'x', () => 5)).toBe(5);
  expect(forgotten).toEqual([2, 3]);
});

describe('closing', () => {
  test('waits for calls that end in time', async () => {
    const held = Promise.withResolvers<{ ok: true; value: undefined }>();
    const { pool, call } = testPool(waiting, { publish: () => held.promise });
    const running = call('publish');
    const closing = pool.close(10_000);
    held.resolve({ ok: true, value: undefined });
    await expect(running).resolves.toEqual(OK);
    await closing;
  });

  test('cuts the rest, and whatever comes later', async () => {
    const { pool, call } = testPool(sync);
    await pool.start();
    const stuck = call('loop', 'x', { timeout: 60_000 });
    await pool.close(100);
    await expect(stuck).resolves.toEqual({ kind: 'cut' });
    await expect(call('ok')).resolves.toEqual({ kind: 'cut' });
  });
});
