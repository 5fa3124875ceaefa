import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type FakeContext, fakeContext, payloadOf } from '../interfaces/context.ts';
import { sampleGuest } from './transpiled.ts';

let make: Awaited<ReturnType<typeof sampleGuest>>;
let context: FakeContext;
let guest: ReturnType<typeof make>;

beforeAll(async () => {
  make = await sampleGuest('temperature-alerts');
});

beforeEach(() => {
  context = fakeContext();
  guest = make(context);
});

function read(payload: string, topic = 'sensors/kitchen/temperature'): Promise<void> {
  context.delivery = { topic, qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] };
  return guest.dataOnMessage.onMessage({ id: 'r1', source: 'x', type: 'mqtt.message', data: Buffer.from(payload) });
}

function alerts(): unknown[] {
  return context.published.map(({ topic, event }) => [
    topic,
    event.type,
    JSON.parse(Buffer.from(event.data).toString()),
  ]);
}

it('raises an alert when the threshold is crossed, and clears it with hysteresis', async () => {
  for (const celsius of [29, 31.5, 32, 29, 27.9, 27]) await read(JSON.stringify({ celsius }));
  const limits = { sensor: 'kitchen', raiseAt: 30, clearBelow: 28 };
  expect(alerts()).toEqual([
    ['alerts/kitchen', 'com.example.temperature.raised', { ...limits, state: 'raised', celsius: 31.5 }],
    ['alerts/kitchen', 'com.example.temperature.cleared', { ...limits, state: 'cleared', celsius: 27.9 }],
  ]);
  expect(context.outputs[0]).toEqual(['log', 'info', '', 'kitchen: alert raised at 31.5 °C']);
});

it('keeps sensors apart', async () => {
  await read('{"celsius": 31}', 'sensors/a/temperature');
  await read('{"celsius": 31}', 'sensors/b/temperature');
  expect(context.published.map(({ topic }) => topic)).toEqual(['alerts/a', 'alerts/b']);
});

it('raises the alert again when its publish failed', async () => {
  context.verdict = { ok: false, error: { tag: 'connection', val: 'gone' } };
  expect(await payloadOf(() => read('{"celsius": 31}'))).toEqual({ tag: 'connection', val: 'gone' });
  context.verdict = { ok: true, value: undefined };
  await read('{"celsius": 31}');
  expect(context.published).toHaveLength(2);
  expect(context.published[0]?.event.id).toBe(context.published[1]?.event.id);
});

it.each([
  ['not JSON', 'sensors/a/temperature'],
  ['{"celsius": "hot"}', 'sensors/a/temperature'],
  ['null', 'sensors/a/temperature'],
  ['{"celsius": 31}', 'sensors/a/humidity'],
])('rejects %s on %s', async (payload, topic) => {
  expect(await payloadOf(() => read(payload, topic))).toMatchObject({ tag: 'rejected' });
  expect(context.published).toEqual([]);
});
