import { expect, it } from 'vitest';
import { Invokes } from '../../../src/component/worker/invokes.ts';
import { testOutbox } from '../support/outbox.ts';

const request = { key: 'acme:a/x', function: 'f', args: [1] };

function parts() {
  const { sent, outbox } = testOutbox();
  return { sent, invokes: new Invokes(outbox) };
}

it('asks at once and hands the answer to whoever asked', async () => {
  const { sent, invokes } = parts();
  const [first, second] = [invokes.invoke(7, request), invokes.invoke(8, request, [3])];
  await Promise.resolve();
  expect(sent.flatMap((message) => message.invokes ?? [])).toEqual([
    { id: 1, call: 7, request },
    { id: 2, call: 8, request, unread: [3] },
  ]);
  expect(invokes.calls).toBe(2);
  invokes.answer(2, { kind: 'ok', value: 'two' });
  invokes.answer(1, { kind: 'err', payload: 'one' });
  expect(invokes.calls).toBe(0);
  invokes.answer(3, { kind: 'ok', value: 'nobody asked' });
  expect([await first, await second]).toEqual([
    { kind: 'err', payload: 'one' },
    { kind: 'ok', value: 'two' },
  ]);
});

it('bounds what one call may wait for, and makes room with each answer', async () => {
  const { sent, invokes } = parts();
  for (let i = 0; i < 64; i++) void invokes.invoke(7, request);
  expect(await invokes.invoke(7, request)).toMatchObject({ kind: 'fault', message: expect.stringContaining('64') });
  void invokes.invoke(8, request);
  invokes.answer(1, { kind: 'ok', value: undefined });
  void invokes.invoke(7, request);
  await Promise.resolve();
  expect(sent.flatMap((message) => message.invokes ?? [])).toHaveLength(66);
});

it.each([
  ['bytes', new Uint8Array(40 * 2 ** 20)],
  ['text', 'x'.repeat(40 * 2 ** 20)],
  ['a list', Array.from({ length: 3_000_000 }, () => 1)],
  ['records in lists', Array.from({ length: 1_000_000 }, () => ({ tag: 'a' }))],
])('bounds what the arguments of one call take up while they are unanswered: %s', async (_, arg) => {
  const { invokes } = parts();
  const large = { ...request, args: [arg] };
  void invokes.invoke(7, large);
  expect(await invokes.invoke(7, large)).toMatchObject({ kind: 'fault', message: expect.stringContaining('bytes') });
  void invokes.invoke(7, request);
  void invokes.invoke(8, large);
  invokes.answer(1, { kind: 'ok', value: undefined });
  const again = invokes.invoke(7, large);
  invokes.answer(4, { kind: 'ok', value: 'again' });
  expect(await again).toEqual({ kind: 'ok', value: 'again' });
});

it('lets one call through, however large', async () => {
  const { invokes } = parts();
  const large = { ...request, args: [Array.from({ length: 5_000_000 }, () => 1)] };
  const only = invokes.invoke(7, large);
  invokes.answer(1, { kind: 'ok', value: 'only' });
  expect(await only).toEqual({ kind: 'ok', value: 'only' });
});

it('refuses a call from outside of a guest call', async () => {
  const { sent, invokes } = parts();
  expect(await invokes.invoke(undefined, request)).toMatchObject({ kind: 'fault' });
  expect(sent).toEqual([]);
});
