import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Arrival } from '../../src/delivery/arrival.ts';
import { CallPull, Mailbox } from '../../src/delivery/index.ts';
import type { GuestOutcome } from '../../src/guest.ts';
import { arrival, incoming, settled, spilled } from './fixtures.ts';
import { advance, ERR, kinds, OK, publishOf, REJECTED, setUpPull, useFakeTimers } from './harness.ts';
import { MemoryJournal } from './memory-journal.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

async function connected(more: Parameters<typeof setUpPull>[0] = {}, options: Parameters<typeof setUpPull>[1] = {}) {
  const set = setUpPull(more, options);
  await set.subscriber.connect(false);
  let packetId = 0;
  const arrive = (...topics: string[]) => {
    for (const topic of topics) set.subscriber.receive(incoming(topic, { packetId: ++packetId, qos: more.qos ?? 1 }));
  };
  return { ...set, arrive };
}

/** How the attempt ends. */
const attempted = (mailbox: Mailbox, one: Arrival) =>
  new Promise<GuestOutcome>((ended) =>
    mailbox.attempt(one, undefined).whenEnded(
      (_, outcome) => ended(outcome),
      () => {},
    ),
  );

describe('a message that is pulled', () => {
  it('is settled by the next receive, and by the successful end of the call', async () => {
    const { arrive, receive, subscriber, pull } = await connected();
    arrive('a', 'a', 'b');
    expect((await receive()).text()).toBe('a');
    expect(subscriber.acknowledged).toEqual([]);
    expect((await receive()).text()).toBe('b');
    expect(subscriber.acknowledged).toEqual(['puback 1']);
    expect((await receive()).text()).toBe('a');
    pull.end(OK);
    await settled();
    expect(subscriber.acknowledged).toEqual(['puback 1', 'puback 2', 'puback 3']);
  });

  it('is settled before the guest waits, and the next one is handed out when it comes', async () => {
    const { arrive, receive, subscriber } = await connected();
    arrive('a');
    await receive();
    const waiting = await receive();
    expect([waiting.text(), subscriber.acknowledged]).toEqual(['waits', ['puback 1']]);
    arrive('b');
    await settled();
    expect(waiting.text()).toBe('b');
  });

  it('at qos 2 takes what was published for it into its commit', async () => {
    const { arrive, receive, pull, subscriber, journal } = await connected({ qos: 2 });
    arrive('a');
    expect(pull.current()).toBeUndefined();
    await receive();
    const { transaction, ...current } = pull.current() ?? {};
    expect(current).toMatchObject({ binding: 'b0', timeout: 30_000, event: { source: 'a' } });
    transaction?.publishes.push(publishOf('one'));
    journal.auto = false;
    const waiting = await receive();
    expect([journal.pending, subscriber.acknowledged, pull.current()]).toEqual([['settle'], [], undefined]);
    journal.commit();
    await settled();
    expect([subscriber.acknowledged, journal.durable.published.length]).toEqual([['pubrec 1'], 1]);
    expect(waiting.text()).toBe('waits');
  });

  it.each<[string, GuestOutcome, string]>([
    ['fails', ERR, 'a (2)'],
    ['traps', { kind: 'trap', message: 'unreachable' }, 'a (2)'],
    ['misses its deadline', { kind: 'timeout' }, 'a (2)'],
    ['says "rejected" of another message', REJECTED, 'a (2)'],
    ['is lost for the sake of another', { kind: 'collateral' }, 'a'],
  ])('comes again where the call %s, without what was published', async (_, outcome, again) => {
    const { arrive, receive, pull, call, journal } = await connected({ qos: 2 });
    arrive('a');
    await receive();
    pull.current()?.transaction?.publishes.push(publishOf('lost'));
    pull.end(outcome);
    await advance(500);
    const second = call();
    expect((await receive('#', second)).text()).toBe(again);
    second.end(OK);
    await settled();
    expect([journal.durable.published, journal.durable.markers.size]).toEqual([[], 1]);
  });

  it('stays with the broker where the host stops, and counts no attempt', async () => {
    const { arrive, receive, pull, subscriber, journal, delivery, dispatcher } = await connected({ qos: 2 });
    arrive('a', 'b');
    await receive();
    delivery.drain();
    pull.end({ kind: 'cut' });
    await dispatcher.whenIdle(1_000);
    expect([subscriber.acknowledged, journal.durable.attempts.size, journal.settlements]).toEqual([[], 0, []]);
  });

  it('becomes a dead letter when its attempts are used up', async () => {
    const { arrive, receive, call, statuses } = await connected({
      retry: { attempts: 2, initial: 1, max: 1, jitter: 0 },
    });
    arrive('a');
    for (const _ of [1, 2]) {
      const dying = call();
      await receive('#', dying);
      dying.end(ERR);
      await advance(10);
    }
    expect(kinds(statuses)).toContain('dead-letter');
    expect((await receive()).text()).toBe('waits');
  });

  it('that the guest has not read is handed out again, before others, at once, as the same attempt', async () => {
    const { arrive, receive, pull, subscriber, journal } = await connected({ qos: 2 });
    arrive('a', 'b');
    const { request, text } = await receive('#', pull, true);
    expect(text()).toBe('a');
    pull.current()?.transaction?.publishes.push(publishOf('lost'));
    pull.withdraw(request);
    expect(pull.current()).toBeUndefined();
    expect((await receive()).text()).toBe('a');
    await receive();
    expect([subscriber.acknowledged, journal.durable.published]).toEqual([['pubrec 1'], []]);
  });
});

describe('a receive', () => {
  it('gets only what its topic matches', async () => {
    const { arrive, receive } = await connected();
    arrive('a/1', 'b/1', 'a/2');
    expect((await receive('b/+')).text()).toBe('b/1');
    expect((await receive('a/2')).text()).toBe('a/2');
    const waiting = await receive('b/+');
    arrive('c/1', 'b/2');
    await settled();
    expect(waiting.text()).toBe('b/2');
    expect((await receive()).text()).toBe('a/1');
  });

  it('ends with "timeout" after receive_timeout, while a read of a stream goes on', async () => {
    const { receive } = await connected({ receiveTimeout: 1_000 });
    const [received, read] = [await receive(), await receive('#', undefined, true)];
    await advance(999);
    expect([received.text(), read.text()]).toEqual(['waits', 'waits']);
    await advance(1);
    expect([received.text(), read.text()]).toEqual(['timeout', 'waits']);
  });

  it('takes nothing any more once it has timed out, was given up, or its call is over', async () => {
    const { arrive, receive, pull, call } = await connected({ receiveTimeout: 1_000 });
    const timedOut = await receive();
    await advance(1_000);
    const givenUp = await receive();
    pull.withdraw(givenUp.request);
    const over = call();
    await receive('#', over);
    over.end(OK);
    arrive('a');
    expect([timedOut.text(), givenUp.text()]).toEqual(['timeout', 'other']);
    expect((await receive()).text()).toBe('a');
  });

  it('is refused where no binding covers it, and settles nothing', async () => {
    const { arrive, receive, subscriber, pull } = await connected({ filters: ['a/+', 'b'] });
    arrive('a/1');
    await receive('a/+');
    const refused = await receive('c/+');
    expect(refused.answer()).toEqual({
      ok: false,
      error: {
        tag: 'permission-denied',
        val: 'no pull binding of this app covers the topic "c/+"; they subscribe to "a/+", "b"',
      },
    });
    expect((await receive('a/#/b')).text()).toBe('invalid-argument');
    expect([subscriber.acknowledged, pull.current()?.event?.source]).toEqual([[], 'a/1']);
    expect([pull.check('c'), pull.check('#')]).toMatchObject([{ tag: 'permission-denied' }, undefined]);
  });

  it('is told that the host stops, whether it waits or comes later; what it asked past is settled', async () => {
    const { arrive, receive, pull, delivery, subscriber, call } = await connected();
    arrive('a');
    await receive();
    const waiting = await receive('#', call());
    delivery.drain();
    await settled();
    expect(waiting.text()).toBe('draining');
    expect([(await receive()).text(), subscriber.acknowledged, pull.check('#')]).toEqual([
      'draining',
      ['puback 1'],
      'draining',
    ]);
  });

  it('that waits first gets first', async () => {
    const { arrive, receive, call } = await connected();
    const first = await receive('a', call());
    const second = await receive('a', call());
    arrive('a', 'a');
    await settled();
    expect([first.text(), second.text()]).toEqual(['a', 'waits']);
  });
});

describe('what nobody has asked for', () => {
  it('is spilled while a guest waits for something else, at once where the window is half full', async () => {
    const { arrive, receive, journal, subscriber } = await connected({ maxInFlight: 4 });
    arrive('a', 'a');
    expect(journal.spills.length).toBe(0);
    const waiting = await receive('b');
    await settled();
    expect([journal.spills.map(({ topic }) => topic), subscriber.acknowledged.length]).toEqual([['a', 'a'], 2]);
    arrive('b');
    await settled();
    expect(waiting.text()).toBe('b');
    // In its order, from the journal.
    expect([(await receive('a')).text(), (await receive('a')).text()]).toEqual(['a', 'a']);
    await receive('b');
    expect(journal.spilledCount).toBe(0);
  });

  it('is spilled after a moment otherwise, for the broker may have a smaller window', async () => {
    const { arrive, receive, journal } = await connected();
    await receive('b');
    arrive('a');
    await advance(249);
    expect(journal.spills.length).toBe(0);
    await advance(1);
    expect(journal.spills.length).toBe(1);
  });

  it('stays where it is while no guest waits: that is what holds a flood back', async () => {
    const { arrive, receive, journal } = await connected({ maxInFlight: 4 });
    arrive('b', 'a', 'a', 'a');
    await receive('b');
    await advance(1_000);
    expect(journal.spills.length).toBe(0);
  });

  it.each(['topic', 'none'] as const)(
    'and was spilled is found although others fill the room (order %s)',
    async (order) => {
      const journal = new MemoryJournal({ auto: true });
      for (let i = 0; i < 300; i++) journal.replay(spilled(`other/${i}`));
      journal.replay(spilled('wanted/1'), spilled('wanted/1'), spilled('zz'));
      const { receive } = await connected({ order }, { journal });
      expect((await receive('wanted/1')).text()).toBe('wanted/1');
      expect((await receive('wanted/+')).text()).toBe('wanted/1');
      expect((await receive('zz')).text()).toBe('zz');
      expect((await receive('wanted/+')).text()).toBe('waits');
      expect((await receive('other/299')).text()).toBe('other/299');
    },
  );

  it('is warned about once after a minute, unless the guest asks', async () => {
    const warned = async (asks: boolean) => {
      const { arrive, receive, statuses } = await connected();
      if (asks) await receive('elsewhere');
      arrive('a');
      await advance(59_999);
      const before = statuses.length;
      await advance(1);
      arrive('b');
      await advance(120_000);
      return statuses.slice(before).filter(({ kind }) => kind === 'notice');
    };
    expect(await warned(true)).toEqual([]);
    expect(await warned(false)).toMatchObject([{ level: 'warn', text: expect.stringContaining('has not asked') }]);
  });
});

describe('two bindings', () => {
  const box = (filter: string, receiveTimeout?: number) =>
    new Mailbox({ name: filter, filters: [filter], timeout: 1, receiveTimeout }, { report() {} });
  const state = (answer: Promise<unknown>) => Promise.race([answer, settled().then(() => 'waits')]);

  it('are waited for at once, for the shorter of their times; the one asked for is the one settled', async () => {
    const [a, b] = [box('a/+', 50), box('b/+')];
    const pull = new CallPull([a, b]);
    const late = pull.next(1, '#', { stream: false });
    await advance(50);
    expect(await late).toEqual({ ok: false, error: { tag: 'timeout' } });
    const outcomes = [a, b].map((mailbox, index) => attempted(mailbox, arrival(index === 0 ? 'a/1' : 'b/1')));
    for (const topic of ['a/+', 'b/+'])
      expect(await pull.next(2, topic, { stream: false })).toMatchObject({ ok: true });
    expect(pull.current()?.binding).toBe('b/+');
    void pull.next(3, 'b/1', { stream: false });
    expect(await outcomes[1]).toEqual(OK);
    expect(pull.current()?.binding).toBe('a/+');
    expect(await state(outcomes[0] as Promise<unknown>)).toBe('waits');
  });

  it('are at their end when both are', async () => {
    const [a, b] = [box('a/+'), box('b/+')];
    const answer = new CallPull([a, b]).next(1, '#', { stream: true });
    a.stop();
    expect(await state(answer)).toBe('waits');
    b.stop();
    expect(await state(answer)).toBe('draining');
  });
});

describe('a mailbox', () => {
  const box = () => new Mailbox({ name: 'b', filters: ['#'], timeout: 1, receiveTimeout: undefined }, { report() {} });

  it('gives up a message that nobody has taken, once', async () => {
    const mailbox = box();
    const one = arrival('a');
    const attempt = attempted(mailbox, one);
    expect([mailbox.drop(one), mailbox.drop(one)]).toEqual([true, false]);
    expect(await attempt).toEqual({ kind: 'cut' });
    expect(mailbox.take('#')).toBeUndefined();
    mailbox.attempt(one, undefined);
    mailbox.take('#');
    expect(mailbox.drop(one)).toBe(false);
  });

  it('tells how a message was settled after that, once', async () => {
    const mailbox = box();
    const told: string[] = [];
    const parcel = mailbox.attempt(arrival('a'), undefined);
    parcel.whenEnded(
      (_, { kind }) => told.push(kind),
      () => {},
    );
    expect(mailbox.take('#')).toBe(parcel);
    for (const outcome of [OK, ERR]) parcel.settle(outcome);
    expect(told).toEqual([]);
    await settled();
    expect(told).toEqual(['ok']);
  });

  it('takes nothing any more once it is stopped', async () => {
    const mailbox = box();
    mailbox.stop();
    expect(await attempted(mailbox, arrival('a'))).toEqual({ kind: 'cut' });
  });
});
