import { expect, test, vi } from 'vitest';
import { cellOf, Exchange } from '../../../src/component/exchange/exchange.ts';
import { MANY_ENDS } from '../../../src/component/exchange/protocol.ts';
import { Ends } from '../../../src/component/worker/ends.ts';

function setUp({ isAwaited = true } = {}) {
  const main = new Exchange();
  main.isAwaited = isAwaited;
  const wake = vi.fn();
  const ends = new Ends(new Exchange(main.buffer), wake);
  const end = (count: number) => {
    const isFull: boolean[] = [];
    for (let id = 1; id <= count; id++) isFull.push(ends.add(id, id, false));
    return isFull;
  };
  return { main, wake, ends, end };
}

test('many are too many to wait with', () => {
  const { main, end } = setUp();
  expect(end(MANY_ENDS)).toEqual([...new Array(MANY_ENDS - 1).fill(false), true]);
  expect(cellOf(main.results.next ?? -1)).toBe(1);
});

test('the main thread is told once, until it looks', () => {
  const { main, wake, ends, end } = setUp();
  ends.tellInTime();
  expect(wake).toHaveBeenCalledTimes(0);
  for (const tell of [() => ends.tell(), () => ends.tellInTime()]) {
    end(2);
    tell();
  }
  expect(wake).toHaveBeenCalledTimes(1);
  main.results.rest();
  end(1);
  ends.tell();
  ends.tell();
  expect(wake).toHaveBeenCalledTimes(2);
});

test('it is not told of what it has read, nor together with a message', () => {
  const { main, wake, ends, end } = setUp();
  end(1);
  main.results.pass();
  ends.tell();
  end(1);
  ends.told();
  ends.tell();
  expect(wake).toHaveBeenCalledTimes(0);
});

test('of what nothing waits for it is told a little later, if it has not looked', async () => {
  const { main, wake, ends, end } = setUp({ isAwaited: false });
  end(1);
  ends.tellInTime();
  expect(wake).toHaveBeenCalledTimes(0);
  await vi.waitFor(() => expect(wake).toHaveBeenCalledTimes(1));
  main.results.rest();
  end(1);
  ends.tellInTime();
  main.isAwaited = true;
  end(1);
  ends.tellInTime();
  expect(wake).toHaveBeenCalledTimes(2);
});
