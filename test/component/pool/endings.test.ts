import { expect, test, vi } from 'vitest';
import { Endings } from '../../../src/component/pool/endings.ts';
import type { GuestOutcome } from '../../../src/guest.ts';
import { atEnd } from '../../support/cleanup.ts';
import { syncGuest } from '../support/guests.ts';
import { prepare, testPool } from '../support/pool.ts';

const OK: GuestOutcome = { kind: 'ok' };

/** Calls that say in which order they are told, and then do what the test says. */
function telling() {
  const [endings, told] = [new Endings(), [] as string[]];
  const end = (name: string, outcome: GuestOutcome = OK, then = () => {}) => {
    const ended = ({ kind }: GuestOutcome) => {
      told.push(`${name} ${kind}`);
      then();
    };
    endings.add({ ended }, outcome);
  };
  return { end, told };
}

test('what ends in one turn is told after the last of it, in order, before anything that comes of it', async () => {
  const { end, told } = telling();
  end('first', OK, () => queueMicrotask(() => told.push('what comes of the first')));
  end('second', { kind: 'skipped' });
  expect(told).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['first ok', 'second skipped', 'what comes of the first']);
});

test('what ends while others are told is told later, once', async () => {
  const { end, told } = telling();
  end('first', OK, () => {
    end('third');
    told.push('not yet');
  });
  end('second');
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['first ok', 'not yet', 'second ok', 'third ok']);
});

test('one that throws keeps no other from being told, and is not swallowed', async () => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  atEnd(() => vi.useRealTimers());
  const { end, told } = telling();
  const broken = () => {
    throw new Error('broken');
  };
  end('first', OK, broken);
  end('second');
  await Promise.resolve();
  expect(told).toEqual(['first ok', 'second ok']);
  expect(() => vi.runAllTimers()).toThrow('broken');
});

test('a pool tells a call its end later: cut, come too late, or without a handler', async () => {
  const { pool } = testPool(await prepare(syncGuest()));
  const told: string[] = [];
  const call = (name: string, handler = 'on_message') =>
    pool.call({
      binding: 'b0',
      handler,
      topic: 't',
      event: { id: name, source: '/s', type: '', data: new Uint8Array() },
      delivery: { topic: 't', qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] },
      timeout: 5_000,
      ended: ({ kind }) => told.push(`${name} ${kind}`),
    });
  call('unknown', 'no_such_handler');
  for (const name of ['first', 'second']) call(name);
  const closing = pool.close(0);
  call('late');
  expect(told).toEqual([]);
  await closing;
  expect(told).toEqual(['unknown trap', 'first cut', 'second cut', 'late cut']);
});
