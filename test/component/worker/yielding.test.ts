import { expect, test } from 'vitest';
import { type Waiting, yielding } from '../../../src/component/worker/yielding.ts';

type Call = (...args: unknown[]) => Promise<unknown>;

/** The function `ask` of an interface, with what is told of waiting. */
function asking(ask: (...args: unknown[]) => unknown, mayGoOn?: Promise<void>) {
  const told: string[] = [];
  const waiting: Waiting = {
    begin: () => {
      told.push('begin');
      return (go) => {
        told.push('end');
        if (mayGoOn === undefined) go();
        else void mayGoOn.then(go);
      };
    },
  };
  const wrapped = yielding({ askFor: ask, other: ask }, ['ask-for'], waiting);
  return { told, ask: wrapped.askFor as Call, other: wrapped.other };
}

test('what waits is answered as it was, and told when it begins and ends', async () => {
  const sum = (...args: unknown[]) => Promise.resolve(args);
  const { told, ask, other } = asking(sum);
  expect(await ask(1, 'b')).toEqual([1, 'b']);
  expect(told).toEqual(['begin', 'end']);
  expect(other).toBe(sum);
});

test('what fails, or throws at once, is a rejection, and has ended before', async () => {
  const rejecting = asking(() => Promise.reject(new Error('rejected')));
  await expect(rejecting.ask()).rejects.toThrow('rejected');
  const throwing = asking(() => {
    throw new Error('thrown');
  });
  await expect(throwing.ask()).rejects.toThrow('thrown');
  expect([rejecting.told, throwing.told]).toEqual([
    ['begin', 'end'],
    ['begin', 'end'],
  ]);
});

test('the guest goes on when it may, not before', async () => {
  for (const answer of [() => Promise.resolve('answer'), () => Promise.reject(new Error('failed'))]) {
    const turn = Promise.withResolvers<void>();
    const { told, ask } = asking(answer, turn.promise);
    const went = ask().then(
      () => told.push('on'),
      () => told.push('on'),
    );
    await new Promise(setImmediate);
    expect(told).toEqual(['begin', 'end']);
    turn.resolve();
    await went;
    expect(told).toEqual(['begin', 'end', 'on']);
  }
});

test('the event loop has its turn though every answer is there at once', async () => {
  const { ask } = asking(() => Promise.resolve());
  let turns = 0;
  const turn = () => {
    turns++;
    handle = setImmediate(turn);
  };
  let handle = setImmediate(turn);
  for (let calls = 0; calls < 640; calls++) await ask();
  clearImmediate(handle);
  expect(turns).toBeGreaterThanOrEqual(9);
  expect(turns).toBeLessThan(40);
});
