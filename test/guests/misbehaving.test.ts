import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeContext, fakeContext, payloadOf } from '../interfaces/context.ts';
import { sampleGuest } from './transpiled.ts';

let make: Awaited<ReturnType<typeof sampleGuest>>;
let context: FakeContext;
let guest: ReturnType<typeof make>;

beforeAll(async () => {
  make = await sampleGuest('misbehaving');
});

beforeEach(() => {
  context = fakeContext();
  guest = make(context);
});

function event(command: string): unknown {
  return { id: 'c1', source: '/tests', type: 'test', data: Buffer.from(command) };
}

const tell = (command: string): Promise<void> => guest.dataOnMessage.onMessage(event(command));

function published(): unknown[] {
  return context.published.map(({ topic, event }) => [topic, Buffer.from(event.data).toString()]);
}

it('returns ok', async () => {
  await tell('ok');
  expect(context.outputs).toEqual([]);
});

it.each([
  ['err why so', { tag: 'other', val: 'why so' }],
  ['err-connection', { tag: 'connection', val: 'told to fail' }],
  ['err-timeout', { tag: 'timeout' }],
  ['reject', { tag: 'rejected', val: 'told to reject' }],
  ['nonsense', { tag: 'rejected', val: '"nonsense" is no command' }],
  ['publish-untyped out/x', { tag: 'invalid-argument', val: expect.any(String) }],
])('fails with the typed error for %s', async (command, payload) => {
  expect(await payloadOf(() => tell(command))).toEqual(payload);
  await tell('ok');
});

it.each(['throw', 'trap', 'exit', 'overflow'])('traps on %s', async (command) => {
  await expect(tell(command)).rejects.toSatisfy((thrown) => !Object.hasOwn(thrown as object, 'payload'));
});

it('says why it panicked on stderr', async () => {
  await expect(tell('throw a cause')).rejects.toThrow('unreachable');
  expect(context.outputs.some(([stream, , , text]) => stream === 'stderr' && text.includes('a cause'))).toBe(true);
});

describe('publishing', () => {
  it('publishes in order, and waits for each', async () => {
    await tell('publish out/x 3');
    expect(published()).toEqual([
      ['out/x', '1'],
      ['out/x', '2'],
      ['out/x', '3'],
    ]);
  });

  it('passes every option', async () => {
    await tell('publish-with out/x answers/x');
    expect(context.published[0]?.options).toEqual({
      retain: true,
      contentType: 'text/plain',
      expiry: 60,
      responseTopic: 'answers/x',
      correlationData: new Uint8Array(Buffer.from('correlated')),
      userProperties: [['made-by', 'misbehaving']],
    });
  });

  it('publishes before it fails', async () => {
    expect(await payloadOf(() => tell('publish-then-err out/x'))).toMatchObject({ tag: 'other' });
    expect(context.published).toHaveLength(1);
  });

  it('forwards what it was given', async () => {
    await tell('forward out/x');
    expect(context.published[0]?.event).toMatchObject({ id: 'c1', source: '/tests', type: 'test' });
  });

  it('counts for each instance', async () => {
    await tell('count out/x');
    await tell('count out/x');
    guest = make(context);
    await tell('count out/x');
    expect(published().map((pair) => (pair as string[])[1])).toEqual(['1', '2', '1']);
  });
});

it('fails until the attempt it was told', async () => {
  const delivery = { topic: 't', qos: 1, retained: false, redelivered: true, userProperties: [] } as const;
  context.delivery = { ...delivery, attempt: 2 };
  expect(await payloadOf(() => tell('fail-until 3'))).toEqual({ tag: 'other', val: 'attempt 2 fails, as told' });
  context.delivery = { ...delivery, attempt: 3 };
  await tell('fail-until 3');
});

it('tells what it knows of the delivery', async () => {
  context.delivery = {
    topic: 't',
    qos: 2,
    retained: false,
    redelivered: true,
    attempt: 4,
    userProperties: [['a', 'b']],
  };
  await tell('delivery out/x');
  const [, text] = published()[0] as [string, string];
  expect(JSON.parse(text)).toMatchObject({
    topic: 't',
    qos: 2,
    redelivered: true,
    attempt: 4,
    userProperties: [['a', 'b']],
  });
});

it('sleeps', async () => {
  const start = performance.now();
  await tell('sleep 20');
  expect(performance.now() - start).toBeGreaterThanOrEqual(19);
});

it('has a second handler with a name of its own', async () => {
  await guest.onOrder(event('log hello there'));
  expect(context.outputs.map(([, , , text]) => text)).toEqual(['on-order', 'hello there']);
});
