import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildGuest } from '../../src/app/build.ts';
import { inspectComponent, type PreparedComponent, prepareComponent } from '../../src/component/index.ts';
import type { GuestCall, GuestOutcome, GuestPull, PublishContext, PublishRequest } from '../../src/guest.ts';
import { providedInterfaces } from '../../src/interfaces/index.ts';
import { eventually } from '../support/eventually.ts';
import { tempDirectory } from '../support/temp.ts';
import { testPool } from './support/pool.ts';

const OK: GuestOutcome = { kind: 'ok' };
const PUBLISHED = { ok: true, value: undefined } as const;

let component: PreparedComponent;

beforeAll(async () => {
  const folder = join(tempDirectory('guest'), 'async-guest');
  cpSync(fileURLToPath(new URL('./support/async-guest', import.meta.url)), folder, { recursive: true });
  const { path } = await buildGuest({ folder, warn: () => {} });
  const bytes = readFileSync(path);
  const inspection = inspectComponent(bytes, { source: path });
  const options = { cacheDir: tempDirectory('cache'), inspection, provided: providedInterfaces };
  component = await prepareComponent(bytes, { ...options, memory: 64 * 2 ** 20 });
}, 120_000);

/** Has messages for whoever asks. */
function puller(): GuestPull {
  const delivery = { topic: 'work', qos: 1 as const, retained: false, redelivered: false, attempt: 1 };
  const event = { id: 'pulled', source: '/s', type: 't', data: new Uint8Array() };
  return {
    check: () => undefined,
    next: async () => ({
      ok: true,
      value: { event, delivery: { ...delivery, userProperties: [] }, timeout: 3_500 },
    }),
    withdraw: () => {},
    current: () => undefined,
    end: () => {},
  };
}

/** Publishes are answered at once, or after `hold` by the test. */
function setUp(instances = 1) {
  const published: [PublishContext, PublishRequest][] = [];
  const answers: (() => void)[] = [];
  let held = false;
  const set = testPool(component, {
    instances,
    workerUrl: new URL('../../src/app/worker.ts', import.meta.url),
    publish: (context, request) => {
      published.push([context, request]);
      return held ? new Promise((resolve) => answers.push(() => resolve(PUBLISHED))) : Promise.resolve(PUBLISHED);
    },
    openPull: puller,
  });
  const call = (type: string, topic = 'a', more: Partial<GuestCall> = {}) =>
    set.call(type, topic, { handler: 'on_order', timeout: 15_000, ...more });
  const hold = () => {
    held = true;
  };
  const texts = () => published.map(([, { topic, event }]) => `${topic} ${Buffer.from(event.data).toString()}`);
  return { ...set, call, hold, published, answers, texts };
}

describe('a handler that is an async function', () => {
  test('is found by its name, in the world and in an interface', async () => {
    expect(component.inspection.handlers).toEqual(['on_order', 'test:async-guest/orders#on-order']);
    const { call } = setUp();
    await expect(call('ok')).resolves.toEqual(OK);
    await expect(call('ok', 'a', { handler: 'test:async-guest/orders#on-order' })).resolves.toEqual(OK);
  });

  test('returns ok or its typed error, and keeps its state after one', async () => {
    const { call, texts } = setUp();
    await call('count');
    await expect(call('err')).resolves.toEqual({ kind: 'err', error: { tag: 'other', val: 'told to fail' } });
    const rejected = { kind: 'err', error: { tag: 'rejected', val: 'told to reject' } };
    await expect(call('rejected')).resolves.toEqual(rejected);
    await call('count');
    expect(texts()).toEqual(['count 0', 'count 1']);
  });

  test('is made anew after an exception, which traps', async () => {
    const { call, texts } = setUp();
    await call('count');
    await expect(call('throw')).resolves.toMatchObject({ kind: 'trap' });
    await call('count');
    expect(texts()).toEqual(['count 0', 'count 0']);
  });

  test('ends after what it has published is answered, with its own event as context', async () => {
    const { call, published, answers, texts, hold } = setUp();
    hold();
    let ended = false;
    const running = call('publish').finally(() => {
      ended = true;
    });
    await eventually(() => answers.length === 1);
    expect([texts(), ended]).toEqual([['one 1'], false]);
    answers[0]?.();
    await eventually(() => answers.length === 2);
    answers[1]?.();
    await expect(running).resolves.toEqual(OK);
    expect(published.map(([{ event, binding }, request]) => [binding, event?.id === request.event.id])).toEqual([
      ['b0', true],
      ['b0', true],
    ]);
  });

  test('is handed a message for each read of a stream', async () => {
    const { call, texts } = setUp();
    await expect(call('read')).resolves.toEqual(OK);
    await expect(call('read')).resolves.toEqual(OK);
    expect(texts()).toEqual(['read pulled', 'read pulled']);
  });

  test('that waits for a publish which is never answered is ended at its deadline', async () => {
    const { call, hold } = setUp();
    hold();
    await expect(call('publish', 'a', { timeout: 300 })).resolves.toEqual({ kind: 'timeout' });
    await expect(call('ok')).resolves.toEqual(OK);
  });

  test('that waits for what nothing can bring about has trapped', async () => {
    const { call } = setUp();
    await expect(call('never')).resolves.toMatchObject({ kind: 'trap', message: expect.stringMatching(/resolution/) });
    await expect(call('ok')).resolves.toEqual(OK);
  });

  test.each(['loop', 'publish-then-loop', 'read-then-loop'])(
    'that does "%s" is the one to blame, and not one that waits beside it with an earlier deadline',
    async (type) => {
      const { call, answers, hold, statuses } = setUp(2);
      await Promise.all([call('ok', 'victim'), call('ok', 'stuck')]);
      hold();
      const victim = call('publish', 'victim', { timeout: 3_000 });
      await eventually(() => answers.length === 1);
      const stuck = call(type, 'stuck', { timeout: 3_500 });
      if (type === 'publish-then-loop') {
        await eventually(() => answers.length === 2);
        answers[1]?.();
      }
      await expect(stuck).resolves.toEqual({ kind: 'timeout' });
      await expect(victim).resolves.toEqual({ kind: 'collateral' });
      expect(statuses.filter((status) => status.kind === 'worker' && status.event === 'ended').length).toBe(1);
    },
  );

  test('runs one message at a time on an instance, and those of others meanwhile', async () => {
    const { call, answers, hold, texts } = setUp(2);
    await Promise.all([call('ok', 'one'), call('ok', 'two')]);
    hold();
    const calls = ['one', 'one', 'one', 'two'].map((topic) => call('publish', topic));
    await eventually(() => answers.length === 2);
    // In turn, until nothing is asked for any more.
    let done = false;
    const all = Promise.all(calls).finally(() => {
      done = true;
    });
    await eventually(() => {
      for (const answer of answers.splice(0)) answer();
      return done;
    });
    await expect(all).resolves.toEqual([OK, OK, OK, OK]);
    const most = ['one', 'two'].map((topic) => call('most', topic));
    await eventually(() => {
      for (const answer of answers.splice(0)) answer();
      return texts().filter((text) => text.startsWith('most')).length === 2;
    });
    await Promise.all(most);
    expect(texts().slice(-2)).toEqual(['most 1', 'most 1']);
  });
});
