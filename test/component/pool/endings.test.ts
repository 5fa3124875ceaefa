import { expect, test, vi } from 'vitest';
import { Endings } from '../../../src/component/pool/endings.ts';
import type { GuestOutcome } from '../../../src/guest.ts';
import { atEnd } from '../../support/cleanup.ts';

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
