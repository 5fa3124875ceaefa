import { expect, test, vi } from 'vitest';
import { Arrival } from '../../src/delivery/arrival.ts';
import { HandlerCalls } from '../../src/delivery/attempts.ts';
import { binding, incoming } from './fixtures.ts';
import { FakePool, OK } from './harness.ts';

const event = { id: '1', source: '/s', type: 't', data: new Uint8Array() };

function called(more: Parameters<typeof binding>[0] = {}, one = Arrival.ofMessage(incoming('a/1'), event, false)) {
  const pool = new FakePool(1);
  const attempt = new HandlerCalls(binding({ name: 'b', timeout: 70, ...more }), pool).attempt(one, undefined);
  const made = pool.calls[0];
  if (made === undefined) throw new Error('the guest was not called');
  return { attempt, made, one };
}

test('a call names its binding, its handler, its topic and its deadline', () => {
  const { call } = called({ onMessage: 'on_order' }).made;
  const { binding: name, handler, topic, timeout, spread } = call;
  expect([name, handler, topic, timeout, spread, call.event]).toEqual(['b', 'on_order', 'a/1', 70, false, event]);
  expect(called({ order: 'none' }).made.call.spread).toBe(true);
});

test('what the guest may ask for is made when it is asked for, and is what it was when the call began', () => {
  const one = Arrival.ofMessage(incoming('a'), event, false);
  const made = vi.spyOn(one, 'deliveryAfter');
  one.attempts = 2;
  const { call } = called({}, one).made;
  expect(made).not.toHaveBeenCalled();
  one.attempts = 3;
  one.repeated = true;
  expect(call.delivery).toMatchObject({ topic: 'a', attempt: 3, redelivered: true });
  one.attempts = 0;
  const fresh = called().made.call;
  expect(fresh.delivery).toMatchObject({ attempt: 1, redelivered: false });
});

test('a message that was handed out in vain before is told so, and not that it became so later', () => {
  const one = Arrival.ofMessage(incoming('a'), event, false);
  const first = called({}, one).made.call;
  one.repeated = true;
  const second = called({}, one).made.call;
  expect([first.delivery.redelivered, second.delivery.redelivered]).toEqual([false, true]);
});

test('an attempt tells its end later, also where that is known already', async () => {
  const { attempt, made } = called();
  const told: string[] = [];
  const over = () => told.push('over');
  made.resolve(OK);
  await Promise.resolve();
  attempt.whenEnded((ended, { kind }, done) => {
    told.push(ended.arrival.topic, kind);
    done();
  }, over);
  expect(told).toEqual([]);
  await Promise.resolve();
  expect(told).toEqual(['a/1', 'ok', 'over']);
});
