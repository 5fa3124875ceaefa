import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CELLS } from '../../../src/component/exchange/cells.ts';
import type { PreparedComponent } from '../../../src/component/index.ts';
import type { GuestOutcome } from '../../../src/guest.ts';
import { eventually } from '../../support/eventually.ts';
import { tempDirectory } from '../../support/temp.ts';
import { printingGuest, syncGuest, waitingGuest } from '../support/guests.ts';
import { prepare, testPool } from '../support/pool.ts';

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
const PUBLISHED = { ok: true, value: undefined } as const;

test('all threads run from the start', () => {
  expect(testPool(sync, { workers: 3 }).pool.workers).toBe(3);
});

test('two calls that keep the CPU are under way at the same time', async () => {
  const { call } = testPool(printing, { workers: 2, env: { MEET: join(tempDirectory('meet'), 'here') } });
  // Each returns only once the other one's code runs, and neither lets go of its thread.
  const calls = [call('meet', 'one', { timeout: 15_000 }), call('meet', 'two', { timeout: 15_000 })];
  await expect(Promise.all(calls)).resolves.toEqual([OK, OK]);
});

test('so are two of one topic, where its calls may be spread', async () => {
  const { call } = testPool(printing, { workers: 2, env: { MEET: join(tempDirectory('meet'), 'here') } });
  const calls = [1, 2].map(() => call('meet', 'one', { timeout: 15_000, spread: true }));
  await expect(Promise.all(calls)).resolves.toEqual([OK, OK]);
});

test('calls of one topic wait at the same time on all instances, where they may be spread', async () => {
  const held: (() => void)[] = [];
  const publish = () => new Promise<typeof PUBLISHED>((resolve) => held.push(() => resolve(PUBLISHED)));
  const { call } = testPool(waiting, { instances: 4, workers: 2, publish });
  const calls = Array.from({ length: 5 }, () => call('publish', 'one', { spread: true, timeout: 60_000 }));
  await eventually(() => held.length === 4, { timeout: 25_000 });
  // The fifth waits behind one of them; behind which depends on the threads' start.
  for (const answer of held.splice(0)) answer();
  await eventually(() => held.length === 1, { timeout: 25_000 });
  held[0]?.();
  await expect(Promise.all(calls)).resolves.toEqual(calls.map(() => OK));
}, 60_000);

test('a guest that is stuck ends its own worker; the calls of the others go on', async () => {
  const asked: (() => void)[] = [];
  const publish = () => new Promise<typeof PUBLISHED>((resolve) => asked.push(() => resolve(PUBLISHED)));
  const { call, statuses } = testPool(waiting, { instances: 6, workers: 3, publish });
  const kinds = () => statuses.map(({ kind }) => kind);
  // Two topics for each worker, in turn.
  for (const topic of ['a', 'b', 'c', 'd', 'e', 'f']) await expect(call('count', topic)).resolves.toBeDefined();
  const stuck = call('loop', 'a', { timeout: 4_000 });
  const waits = ['b', 'c'].map((topic) => call('publish', topic, { timeout: 30_000 }));
  await eventually(() => asked.length === 2);
  await expect(Promise.all([call('count', 'e'), call('count', 'f')])).resolves.toBeDefined();
  expect(kinds()).toEqual([]);
  await expect(stuck).resolves.toEqual({ kind: 'timeout' });
  // These have been in a call all the time, and go on.
  for (const answer of asked) answer();
  await expect(Promise.all(waits)).resolves.toEqual([OK, OK]);
  const workers = statuses.flatMap((status) => (status.kind === 'worker' ? [status.event] : []));
  expect(workers).toEqual(['ended', 'replaced']);
});

test('state of topics on other workers outlives a worker that is ended', async () => {
  const { call } = testPool(sync, { instances: 2, workers: 2 });
  const count = async (topic: string) => {
    const outcome = await call('count', topic);
    return outcome.kind === 'err' && 'val' in outcome.error ? outcome.error.val : outcome.kind;
  };
  expect([await count('one'), await count('two'), await count('one'), await count('two')]).toEqual([
    '0',
    '0',
    '1',
    '1',
  ]);
  await expect(call('loop', 'one', { timeout: 100 })).resolves.toEqual({ kind: 'timeout' });
  expect([await count('one'), await count('two')]).toEqual(['0', '2']);
});

test('all workers may be stuck at once, and are replaced', async () => {
  const { pool, call, statuses } = testPool(sync, { workers: 3 });
  await pool.start();
  const stuck = Array.from({ length: 3 }, (_, i) => call('loop', `stuck/${i}`, { timeout: 200 }));
  const behind = Array.from({ length: 9 }, (_, i) => call('ok', `fine/${i}`));
  await expect(Promise.all(stuck)).resolves.toEqual(stuck.map(() => ({ kind: 'timeout' })));
  await expect(Promise.all(behind)).resolves.toEqual(behind.map(() => OK));
  await eventually(() => pool.workers === 3);
  expect(statuses.filter((status) => status.kind === 'worker' && status.event === 'ended').length).toBe(3);
});

test('what waits for a stuck worker does not take up the room of the others', async () => {
  const { pool, call } = testPool(sync, { instances: 2, workers: 2 });
  await pool.start();
  expect(pool.capacity).toBe(2 * CELLS);
  const stuck = call('loop', 'stuck', { timeout: 60_000 });
  const behind = Array.from({ length: 2 * CELLS }, () => call('ok', 'stuck'));
  // The stuck worker holds as many as it can; those that wait for it make room.
  expect(pool.capacity - (behind.length + 1)).toBe(CELLS);
  await expect(call('ok', 'other')).resolves.toEqual(OK);
  await pool.close(0);
  await expect(stuck).resolves.toEqual({ kind: 'cut' });
  await expect(Promise.all(behind)).resolves.toEqual(behind.map(() => ({ kind: 'cut' })));
});

test('closing waits for the calls of every worker', async () => {
  const asked: (() => void)[] = [];
  const publish = () => new Promise<typeof PUBLISHED>((resolve) => asked.push(() => resolve(PUBLISHED)));
  const { pool, call } = testPool(waiting, { instances: 3, workers: 3, publish });
  const calls = ['one', 'two', 'three'].map((topic) => call('publish', topic));
  await eventually(() => asked.length === 3);
  const closing = pool.close(20_000);
  for (const answer of asked) answer();
  await expect(Promise.all(calls)).resolves.toEqual([OK, OK, OK]);
  await closing;
  expect(pool.workers).toBe(0);
});
