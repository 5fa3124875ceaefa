import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { incoming, settled } from './fixtures.ts';
import { advance, ERR, OK, setUp, useFakeTimers } from './harness.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

async function leaving() {
  const set = setUp();
  const { delivery, subscriber } = set;
  await subscriber.connect(false);
  let left: boolean | undefined;
  const begin = () => {
    void delivery.leave(performance.now() + 10_000).then((value) => {
      left = value;
    });
    return settled();
  };
  return { ...set, begin, left: () => left };
}

describe('leaving', () => {
  it('unsubscribes, waits until all was handled, and asks whether more is on its way', async () => {
    const { subscriber, journal, answer, begin, left } = await leaving();
    subscriber.receive(incoming('a'));
    await begin();
    expect(subscriber.sent).toContainEqual({ cmd: 'unsubscribe', packetId: 0 });
    expect([left(), journal.all()[0]?.subscribed]).toEqual([undefined, []]);
    let asked = 0;
    subscriber.synced = async () => {
      // The broker had one more in its queue, and sends it before it answers.
      if (asked++ === 0) subscriber.receive(incoming('a', { packetId: 2 }));
      return true;
    };
    await answer(0, OK);
    expect(left()).toBeUndefined();
    await answer(1, OK);
    expect([left(), asked]).toEqual([true, 2]);
  });

  it('asks again where something came and was handled before the answer', async () => {
    const { subscriber, begin, left, pool } = await leaving();
    let asked = 0;
    pool.onCall = ({ resolve }) => resolve(OK);
    subscriber.synced = async () => {
      if (asked++ > 0) return true;
      subscriber.receive(incoming('a'));
      await settled();
      return true;
    };
    await begin();
    await settled();
    expect([left(), asked]).toEqual([true, 2]);
  });

  it('waits for what is in the journal, too: it would be lost with the folder', async () => {
    const { subscriber, journal, answer, begin, left } = await leaving();
    subscriber.receive(incoming('a'));
    await answer(0, ERR);
    await advance(250);
    expect([subscriber.window.messages, journal.spilledCount]).toEqual([0, 1]);
    await begin();
    expect(left()).toBeUndefined();
    await advance(250);
    await answer(1, OK);
    expect(left()).toBe(true);
  });

  it('ends with what matches no filter', async () => {
    const set = setUp({ filters: ['a'] });
    await set.subscriber.connect(false);
    set.subscriber.receive(incoming('a'));
    const left = set.delivery.leave(performance.now() + 10_000);
    await settled();
    set.subscriber.receive(incoming('old', { packetId: 2 }));
    await set.answer(0, OK);
    expect(await left).toBe(true);
  });

  it('gives up at the deadline', async () => {
    const { subscriber, begin, left } = await leaving();
    subscriber.receive(incoming('a'));
    await begin();
    await advance(10_000);
    expect(left()).toBe(false);
  });

  it('gives up at once where the connection is lost, or was never up', async () => {
    const { subscriber, begin, left } = await leaving();
    subscriber.receive(incoming('a'));
    await begin();
    subscriber.drop();
    await settled();
    expect(left()).toBe(false);
    const offline = setUp();
    expect(await offline.delivery.leave(performance.now() + 10_000)).toBe(false);
  });
});
