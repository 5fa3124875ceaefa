import { beforeAll, describe, expect, test } from 'vitest';
import { createPool, inspectComponent, type PreparedComponent, prepareComponent } from '../../src/component/index.ts';
import type { GuestBuffer, PublishContext, PublishRequest, Transaction } from '../../src/guest.ts';
import { providedInterfaces } from '../../src/interfaces/index.ts';
import type { PubsubError } from '../../src/types.ts';
import { atEnd } from '../support/cleanup.ts';
import { tempDirectory } from '../support/temp.ts';
import { publishingGuest, waitingGuest } from './support/guests.ts';
import { outcomeOf, prepare } from './support/pool.ts';

/** Every publish of this is part of a transaction. */
let component: PreparedComponent;
beforeAll(async () => {
  const bytes = await publishingGuest();
  const inspection = inspectComponent(bytes, { source: 'test.wasm' });
  const options = { inspection, provided: providedInterfaces, memory: 16 * 2 ** 20 };
  component = await prepareComponent(bytes, { ...options, cacheDir: tempDirectory('cache'), buffers: true });
});

const delivery = {
  topic: 't',
  qos: 2,
  retained: false,
  redelivered: false,
  attempt: 1,
  userProperties: [],
} as const;
const own = { binding: 'b0', handler: 'on_message', topic: 't', delivery, timeout: 5_000 };

/** Workers of the host, with what the main thread says of each publish; `safe`: of what workers are sure, in bytes. */
function pooled({ safe = 65_536, refuse = () => undefined as PubsubError | undefined } = {}) {
  const sizes = new SharedArrayBuffer(8);
  new Float64Array(sizes)[0] = safe;
  const asked: (readonly [PublishContext, PublishRequest])[] = [];
  const buffer: GuestBuffer = (context, request) => {
    asked.push([context, request]);
    const error = refuse();
    if (error !== undefined) return { ok: false, error };
    context.transaction.publishes.push({ event: request } as unknown as Transaction['publishes'][number]);
    return { ok: true, value: undefined };
  };
  const pool = createPool({
    component,
    workerUrl: new URL('../../src/app/worker.ts', import.meta.url),
    instances: 4,
    workers: 1,
    env: {},
    args: [],
    publish: () => Promise.reject(new Error('nobody waits')),
    buffering: {
      buffer,
      attributeBytes: (attributes) => (attributes === undefined ? 0 : 100),
      rules: { bindings: [{ name: 'b0', publish: ['out/+'] }], sizes },
    },
    telemetry: { report: () => {} },
  });
  atEnd(() => pool.close(0));
  let last = 0;
  const call = async (type: string, topic = 'out/a', attributes?: Record<string, string>) => {
    const transaction: Transaction = { publishes: [], bytes: 0 };
    const event = { id: topic, source: '/s', type, data: Buffer.from(`data ${++last}`), attributes };
    const made = { ...own, event, transaction };
    return { outcome: await outcomeOf(pool, made), event, transaction };
  };
  return { call, asked, pool };
}

test('a component that only publishes is called synchronously, one that waits for something else is not', async () => {
  expect(component.mode).toBe('sync');
  expect((await prepare(publishingGuest())).mode).toBe('jspi');
  const bytes = await waitingGuest();
  const provided = [...providedInterfaces, { name: 'test:host/tools', version: '1.2.3', waits: ['ready'] }];
  const options = { inspection: inspectComponent(bytes, { source: 'test.wasm' }), provided, memory: 16 * 2 ** 20 };
  const waits = await prepareComponent(bytes, { ...options, cacheDir: tempDirectory('cache'), buffers: true });
  expect(waits.mode).toBe('jspi');
});

describe.each([
  ['sure of it', 65_536],
  ['that has to ask', 0],
])('a publish of a worker %s', (_what, safe) => {
  test('is in the transaction of its call when that has ended', async () => {
    const { call, asked } = pooled({ safe });
    const calls = await Promise.all(['publish', 'nothing', 'publish'].map((type) => call(type)));
    expect(calls.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'ok', 'ok']);
    expect(calls.map(({ transaction }) => transaction.publishes.length)).toEqual([1, 0, 1]);
    for (const { event, transaction } of [calls[0], calls[2]].filter((one) => one !== undefined)) {
      const { id, source, type, data } = event;
      const published = transaction.publishes[0]?.event as unknown as PublishRequest;
      expect(published.topic).toBe('out/a');
      expect({ ...published.event, data: Buffer.from(published.event.data) }).toEqual({ id, source, type, data });
    }
    expect(asked[0]?.[0]).toMatchObject({ binding: 'b0', event: calls[0]?.event });
  });

  test.each([
    ['queued and then traps', 'trap'],
    ['x', 'err'],
  ])('belongs to a call that failed: %s', async (type, kind) => {
    const { call } = pooled({ safe });
    const { outcome } = await call(type);
    expect(outcome.kind).toBe(kind);
    expect((await call('publish')).outcome.kind).toBe('ok');
  });

  test('that is refused is the error of its call', async () => {
    const error: PubsubError = { tag: 'permission-denied', val: 'nö "\u0000"' };
    const { call, asked } = pooled({ safe, refuse: () => error });
    const { outcome, transaction } = await call('publish');
    expect([outcome, transaction.publishes.length, asked.length]).toEqual([{ kind: 'err', error }, 0, 1]);
  });
});

test('what a worker cannot know is asked, with its error to the guest', async () => {
  const error: PubsubError = { tag: 'invalid-argument', val: 'x'.repeat(100_000) };
  const { call } = pooled({ safe: 100, refuse: () => error });
  for (const [topic, attributes] of [['elsewhere'], ['out/ä'], ['out/a', { a: 'b' }]] as const) {
    const { outcome } = await call('publish', topic, attributes);
    if (outcome.kind !== 'err' || outcome.error.tag !== 'invalid-argument') throw new Error(outcome.kind);
    // As much of it as there is room for in what the guest is answered with.
    expect(outcome.error.val.startsWith('xxx')).toBe(true);
    expect(outcome.error.val.length).toBeLessThan(10_000);
  }
});

test('behind a call of which the main thread refuses a publish, its chain has no effect', async () => {
  let refusals = 1;
  const refuse = (): PubsubError | undefined => (refusals-- > 0 ? { tag: 'other', val: 'full' } : undefined);
  const { pool } = pooled({ refuse });
  const chain = { id: 1, length: 0, brokenAt: Number.POSITIVE_INFINITY, seat: undefined };
  const outcomes = await Promise.all(
    ['publish', 'publish', 'publish'].map((type) => {
      const event = { id: 'out/a', source: '/s', type, data: Buffer.from('x') };
      const transaction: Transaction = { publishes: [], bytes: 0 };
      const link = { chain, place: chain.length++ };
      return outcomeOf(pool, { ...own, event, transaction, link });
    }),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(['err', 'skipped', 'skipped']);
});
