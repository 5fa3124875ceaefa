import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Dispatcher } from '../../src/delivery/index.ts';
import { settled } from './fixtures.ts';
import { advance, FakePool, useFakeTimers } from './harness.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

function setUp(capacity: number) {
  const dispatcher = new Dispatcher(new FakePool(capacity));
  const running: PromiseWithResolvers<void>[] = [];
  const submit = (count: number) => {
    for (let i = 0; i < count; i++)
      dispatcher.submit((task, over) => {
        running.push(task);
        void task.promise.then(over);
      }, Promise.withResolvers<void>());
  };
  return { dispatcher, running, submit };
}

it('starts as many as the pool has room for, and the rest as they end', async () => {
  const { running, submit } = setUp(2);
  submit(4);
  expect(running.length).toBe(2);
  running[0]?.resolve();
  await settled();
  expect(running.length).toBe(3);
});

it('goes by the room that there is now: tasks may make some as they start', async () => {
  const pool = new FakePool(1);
  const waiting: string[] = [];
  const dispatcher = new Dispatcher({
    get capacity() {
      return pool.capacity + waiting.length;
    },
  });
  const first = Promise.withResolvers<void>();
  const started: string[] = [];
  const start = (name: string, waits: boolean, task = new Promise<void>(() => {})) =>
    dispatcher.submit((which, over) => {
      started.push(which);
      if (waits) waiting.push(which);
      void task.then(over);
    }, name);
  start('runs', false, first.promise);
  start('waits for a worker that is stuck', true);
  start('goes to another worker', false);
  start('waits for room', false);
  expect(started).toEqual(['runs']);
  first.resolve();
  await settled();
  expect(started).toEqual(['runs', 'waits for a worker that is stuck', 'goes to another worker']);
});

it('starts nothing while it is held, and what waits soon after', async () => {
  const { dispatcher, running, submit } = setUp(2);
  submit(1);
  let held = true;
  dispatcher.holdWhile(() => held);
  submit(2);
  running[0]?.resolve();
  await advance(1000);
  expect(running.length).toBe(1);
  held = false;
  await advance(100);
  expect(running.length).toBe(3);
  held = true;
  submit(1);
  running[1]?.resolve();
  await advance(1000);
  expect(running.length).toBe(3);
  dispatcher.holdWhile(undefined);
  expect(running.length).toBe(4);
});

it('held, is idle when nothing runs, and stopped starts nothing more', async () => {
  const { dispatcher, running, submit } = setUp(2);
  dispatcher.holdWhile(() => true);
  submit(1);
  await dispatcher.whenIdle(60_000);
  dispatcher.stop();
  dispatcher.holdWhile(undefined);
  expect(running.length).toBe(0);
});

it('starts any number of tasks that are over at once, and is idle only after the last', async () => {
  const { dispatcher, running, submit } = setUp(1);
  submit(1);
  let [ended, seen] = [0, 0];
  for (let i = 0; i < 20_000; i++)
    dispatcher.submit((count, over) => {
      ended += count;
      over();
    }, 1);
  void dispatcher.whenIdle(60_000).then(() => {
    seen = ended;
  });
  running[0]?.resolve();
  await settled();
  expect([ended, seen]).toEqual([20_000, 20_000]);
});
