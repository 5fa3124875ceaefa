import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BindingConfig } from '../../src/config/model.ts';
import { Arrival } from '../../src/delivery/arrival.ts';
import { Attempt } from '../../src/delivery/attempt.ts';
import { HandlerCalls } from '../../src/delivery/attempts.ts';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { Handling } from '../../src/delivery/handling.ts';
import type { PubsubEvent } from '../../src/types.ts';
import { RecordingTelemetry } from '../publish/fakes.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';
import { arrival, binding, settled, spilled } from './fixtures.ts';
import { advance, ERR, FakePool, OK, useFakeTimers } from './harness.ts';
import { MemoryJournal } from './memory-journal.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

function setUp(more: Partial<BindingConfig> = {}) {
  const [pool, inbox, telemetry] = [new FakePool(10), new MemoryJournal(), new RecordingTelemetry()];
  const log: string[] = [];
  const outbox = { outbox: new MemoryOutbox(), broker: 'b' };
  const settings = binding(more);
  const attempts = new HandlerCalls(settings, pool);
  const parts = { binding: settings, inbox, attempts, dispatcher: new Dispatcher(pool), outbox, telemetry };
  const named = (what: string) => (one: Arrival) => void log.push(`${what} ${one.topic}`);
  const handling = new Handling(parts, {
    decided: named('decided'),
    settled: named('settled'),
    retrying: named('retrying'),
    behind: () => [],
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
  });
  const answer = async (index: number, outcome: Parameters<(typeof pool.calls)[number]['resolve']>[0]) => {
    pool.calls[index]?.resolve(outcome);
    await settled();
  };
  const commit = async () => {
    inbox.commit();
    await settled();
  };
  return { handling, pool, inbox, log, telemetry, answer, commit };
}

const ofSpilled = () => Arrival.ofSpilled({ ...spilled('a', { attempts: 1 }), row: 1 });

describe('Handling', () => {
  it('settles after the commit, and a message without anything to write at once', async () => {
    const { handling, log, inbox, answer, commit } = setUp({ qos: 2 });
    handling.run(arrival('plain'));
    await answer(0, OK);
    expect([log, inbox.pending]).toEqual([['settled plain'], []]);
    handling.run(arrival('marked', { qos: 2 }));
    await answer(1, OK);
    // The next message of its topic may run: the journal keeps what is asked for in order.
    expect(log).toEqual(['settled plain', 'decided marked']);
    await commit();
    expect(log).toEqual(['settled plain', 'decided marked', 'settled marked']);
  });

  it('lets nothing run before the commit of one that was spilled: its row would be taken up again', async () => {
    const { handling, inbox, log, answer, commit } = setUp({ qos: 2 });
    inbox.replay(spilled('a', { attempts: 1 }));
    handling.run(ofSpilled());
    await answer(0, OK);
    expect(log).toEqual([]);
    await commit();
    expect(log).toEqual(['settled a']);
  });

  it('says from the end of a call on that its result is being committed', async () => {
    const { handling, answer, commit } = setUp({ qos: 2 });
    const one = arrival('a', { qos: 2 });
    handling.run(one);
    expect(one.settling).toBe(false);
    await answer(0, OK);
    expect(one.settling).toBe(true);
    await commit();
  });

  it('gives up a message that waits for its next attempt, once that is in the journal', async () => {
    const { handling, inbox, answer, commit, pool } = setUp();
    const one = ofSpilled();
    inbox.replay(spilled('a', { attempts: 1 }));
    handling.run(one);
    expect(handling.drop(one)).toBe(false);
    await answer(0, ERR);
    // Loaded again now it would have one attempt less.
    expect([handling.drop(one), inbox.durable.spilled[0]?.attempts]).toEqual([false, 1]);
    await commit();
    expect([handling.drop(one), inbox.durable.spilled[0]?.attempts]).toEqual([true, 2]);
    expect(handling.drop(one)).toBe(false);
    await advance(60_000);
    expect(pool.calls.length).toBe(1);
  });

  it('holds every message until all brokers that were away are back', async () => {
    const { handling, pool, log, answer, telemetry } = setUp();
    const backs = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    for (const topic of ['a', 'b']) {
      const one = arrival(topic);
      Object.assign(one, { event: { ...one.event } });
      handling.run(one);
    }
    for (const [index, back] of backs.entries()) {
      handling.publishFailed(pool.calls[index]?.call.event as PubsubEvent, { whenOnline: () => back.promise });
      await answer(index, { kind: 'err', error: { tag: 'connection', val: 'offline' } });
    }
    expect([log, telemetry.statuses.length]).toEqual([['pause'], 1]);
    handling.run(arrival('c'));
    backs[0]?.resolve();
    await settled();
    expect(pool.calls.length).toBe(2);
    backs[1]?.resolve();
    await settled();
    expect(pool.calls.slice(2).map(({ call }) => [call.delivery.topic, call.delivery.attempt])).toEqual([
      ['b', 1],
      ['a', 1],
      ['c', 1],
    ]);
    expect(log).toEqual(['pause', 'resume']);
  });

  it('knows nothing of a publish of a call that is over, or of none', () => {
    const { handling } = setUp();
    const { event } = arrival('a');
    expect(() => handling.publishFailed(event, { whenOnline: async () => {} })).not.toThrow();
  });

  it('starts nothing once it is stopped, and forgets what waits', async () => {
    const { handling, pool, answer } = setUp();
    const one = arrival('a');
    handling.run(one);
    await answer(0, ERR);
    handling.stop();
    handling.run(arrival('b'));
    await advance(60_000);
    expect(pool.calls.length).toBe(1);
  });

  it('gives up a message that the guest was not handed', () => {
    const [inbox, telemetry] = [new MemoryJournal(), new RecordingTelemetry()];
    const dropped: Arrival[] = [];
    const attempts = {
      attempt: (one: Arrival) => new Attempt(one, undefined, undefined),
      drop: (one: Arrival) => dropped.push(one) > 0,
      stop: () => {},
    };
    const hooks = { decided() {}, settled() {}, retrying() {}, pause() {}, resume() {}, behind: () => [] };
    const outbox = { outbox: new MemoryOutbox(), broker: 'b' };
    const dispatcher = new Dispatcher({ capacity: 1 });
    const handling = new Handling({ binding: binding(), inbox, attempts, dispatcher, outbox, telemetry }, hooks);
    const one = ofSpilled();
    handling.run(one);
    expect([handling.drop(one), dropped]).toEqual([true, [one]]);
  });
});
