import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BindingConfig } from '../../src/config/model.ts';
import { Dispatcher, PushDelivery } from '../../src/delivery/index.ts';
import type { GuestCall, GuestOutcome } from '../../src/guest.ts';
import type { HostStatus } from '../../src/status.ts';
import type { Connected, DeadLetter, IncomingMessage, LogLevel, Sessions, Subscriber } from '../../src/types.ts';
import { binding, incoming } from './fixtures.ts';

const OK: GuestOutcome = { kind: 'ok' };
const ERR: GuestOutcome = { kind: 'err', error: { tag: 'other', val: 'no' } };

const sessions: Sessions = {
  instance: 'abcdefgh',
  fresh: false,
  all: () => [],
  get: () => undefined,
  save: async () => {},
  forget: async () => {},
};

/** A delivery with everything around it faked, its guest answering as `answers` says (default: ok). */
function setUp(more: Partial<BindingConfig> = {}, capacity = 100) {
  const calls: { call: GuestCall; resolve: (outcome: GuestOutcome) => void }[] = [];
  const acknowledged: IncomingMessage[] = [];
  const letters: DeadLetter[] = [];
  const statuses: HostStatus[] = [];
  const log: string[] = [];
  const pool = {
    capacity,
    call: (call: GuestCall) => new Promise<GuestOutcome>((resolve) => calls.push({ call, resolve })),
    close: async () => {},
  };
  const subscriber = {
    online: true,
    acknowledge: (message: IncomingMessage) => acknowledged.push(message),
    complete: (id: number) => log.push(`complete ${id}`),
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
    stopIntake: () => log.push('stopIntake'),
  } as unknown as Subscriber;
  const back = Promise.withResolvers<void>();
  const deadLetters = {
    add: async (letter: DeadLetter) => void letters.push(letter),
    list: () => [],
    expire: async () => 0,
  };
  const dispatcher = new Dispatcher(pool);
  const telemetry = {
    report: (status: HostStatus) => void statuses.push(status),
    wants: (level: LogLevel) => level !== 'trace',
  };
  const settings = binding(more);
  const delivery = new PushDelivery({
    binding: settings,
    identity: { clientId: 'c', broker: 'b' },
    sessions,
    deadLetters,
    pool,
    dispatcher,
    telemetry,
    failed: () => {},
  });
  delivery.attach(subscriber);
  const answer = async (index: number, outcome: GuestOutcome) => {
    calls[index]?.resolve(outcome);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { delivery, dispatcher, calls, acknowledged, letters, statuses, log, back, answer, deadLetters };
}

const connection = (sessionPresent: boolean, epoch = 1): Connected => ({
  epoch,
  sessionPresent,
  protocol: 5,
  address: binding().connection.addresses[0] as Connected['address'],
});

const topics = (calls: readonly { call: GuestCall }[]) => calls.map(({ call }) => call.delivery.topic);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('PushDelivery', () => {
  it('acknowledges after ok and not before', async () => {
    const { delivery, calls, acknowledged, answer } = setUp();
    const message = incoming('a/1');
    delivery.message(message);
    expect(calls[0]?.call).toMatchObject({ binding: 'b0', handler: 'on_message', timeout: 30_000 });
    expect(calls[0]?.call.delivery).toMatchObject({ topic: 'a/1', attempt: 1, redelivered: false });
    expect(acknowledged).toEqual([]);
    await answer(0, OK);
    expect(acknowledged).toEqual([message]);
  });

  it('keeps the order of a topic and runs topics in parallel', async () => {
    const { delivery, calls, answer } = setUp();
    for (const [index, topic] of ['a/1', 'a/1', 'a/2'].entries())
      delivery.message(incoming(topic, { packetId: index + 1 }));
    expect(topics(calls)).toEqual(['a/1', 'a/2']);
    await answer(0, OK);
    expect(topics(calls)).toEqual(['a/1', 'a/2', 'a/1']);
  });

  it('retries with backoff and the same event, holding up its own topic only', async () => {
    const { delivery, calls, acknowledged, answer } = setUp();
    for (const [index, topic] of ['a/1', 'a/1', 'a/2'].entries())
      delivery.message(incoming(topic, { packetId: index + 1 }));
    await answer(0, ERR);
    await answer(1, OK);
    expect(topics(calls)).toEqual(['a/1', 'a/2']);
    await vi.advanceTimersByTimeAsync(499);
    expect(calls.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls[2]?.call.event).toBe(calls[0]?.call.event);
    expect(calls[2]?.call.delivery).toMatchObject({ attempt: 2, redelivered: true });
    await answer(2, OK);
    expect(topics(calls)).toEqual(['a/1', 'a/2', 'a/1', 'a/1']);
    expect(acknowledged.map((message) => message.packetId)).toEqual([3, 1]);
  });

  it('makes a dead letter after the last attempt and acknowledges once it is committed', async () => {
    const { delivery, letters, acknowledged, answer } = setUp({
      retry: { attempts: 2, initial: 10, max: 10, jitter: 0 },
    });
    delivery.message(incoming('a/1'));
    await answer(0, { kind: 'trap', message: 'unreachable' });
    await vi.advanceTimersByTimeAsync(10);
    expect(acknowledged).toEqual([]);
    await answer(1, { kind: 'timeout' });
    expect(letters).toMatchObject([{ binding: 'b0', topic: 'a/1', qos: 1, attempts: 2 }]);
    expect(acknowledged.length).toBe(1);
  });

  it('leaves a message unacknowledged when its dead letter cannot be committed', async () => {
    const { delivery, deadLetters, acknowledged, answer } = setUp();
    deadLetters.add = async () => {
      throw new Error('disk full');
    };
    delivery.message(incoming('a/1'));
    await answer(0, { kind: 'err', error: { tag: 'rejected', val: 'bad' } });
    expect(acknowledged).toEqual([]);
  });

  it('gives up at qos 0', async () => {
    const { delivery, statuses, letters, answer, calls } = setUp();
    delivery.message(incoming('a/1', { qos: 0, packetId: 0 }));
    await answer(0, ERR);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls.length).toBe(1);
    expect(letters).toEqual([]);
    expect(statuses.filter((status) => status.kind === 'lost-attempt').length).toBe(1);
  });

  it('runs a call again that was lost for another, without counting it', async () => {
    const { delivery, calls, answer } = setUp();
    delivery.message(incoming('a/1'));
    await answer(0, { kind: 'collateral' });
    expect(calls[1]?.call.delivery.attempt).toBe(1);
  });

  it('pauses intake while the broker to publish to is away, and counts no attempt', async () => {
    const { delivery, calls, log, back, answer } = setUp();
    delivery.message(incoming('a/1'));
    delivery.publishFailed(calls[0]?.call.event as GuestCall['event'], { whenOnline: () => back.promise });
    await answer(0, { kind: 'err', error: { tag: 'connection', val: 'offline' } });
    expect(log).toEqual(['pause']);
    // What was taken in already waits too: it would only hold a place that other bindings can use.
    delivery.message(incoming('a/2', { packetId: 2 }));
    expect(calls.length).toBe(1);
    back.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['pause', 'resume']);
    expect(topics(calls)).toEqual(['a/1', 'a/1', 'a/2']);
    expect(calls[1]?.call.delivery.attempt).toBe(1);
  });

  it('adopts a repeat of a running call: handled once, acknowledged on the new connection', async () => {
    const { delivery, calls, acknowledged, answer } = setUp();
    const first = incoming('a/1', { packetId: 9 });
    delivery.message(first);
    await delivery.connecting();
    await delivery.connected(connection(true, 2));
    const again = incoming('a/1', { packetId: 9, dup: true, epoch: 2 });
    delivery.message(again);
    await answer(0, OK);
    expect(calls.length).toBe(1);
    // The first only makes room in the window: its connection is gone.
    expect(acknowledged).toEqual([first, again]);
  });

  it('acknowledges and drops what matches no filter', () => {
    const { delivery, calls, acknowledged, statuses } = setUp();
    delivery.message(incoming('elsewhere'));
    delivery.message(incoming('elsewhere'));
    expect([calls.length, acknowledged.length]).toEqual([0, 2]);
    expect(statuses.map((status) => status.kind)).toEqual(['dropped', 'notice', 'dropped']);
  });

  it('says once that messages arrive at a lower qos', () => {
    const { delivery, statuses } = setUp({ qos: 2 });
    delivery.message(incoming('a/1'));
    delivery.message(incoming('a/2'));
    expect(statuses.filter((status) => status.kind === 'notice').length).toBe(1);
  });

  it('starts nothing while draining, and neither acknowledges nor retries what fails', async () => {
    const { delivery, dispatcher, calls, acknowledged, log, answer } = setUp({}, 1);
    for (const id of [1, 2]) delivery.message(incoming(`a/${id}`, { packetId: id }));
    delivery.drain();
    dispatcher.stop();
    delivery.message(incoming('a/3', { packetId: 3 }));
    await answer(0, ERR);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toEqual(['stopIntake']);
    expect(calls.length).toBe(1);
    expect(acknowledged).toEqual([]);
  });

  it('acknowledges a call that ends within the drain', async () => {
    const { delivery, dispatcher, acknowledged, answer } = setUp();
    delivery.message(incoming('a/1'));
    delivery.drain();
    dispatcher.stop();
    const idle = dispatcher.whenIdle(1_000);
    await answer(0, OK);
    await idle;
    expect(acknowledged.length).toBe(1);
  });

  it('answers PUBREL with PUBCOMP', () => {
    const { delivery, log } = setUp();
    delivery.released(5, 1);
    expect(log).toEqual(['complete 5']);
  });
});

describe('Dispatcher', () => {
  it('holds back beyond the capacity, and gives up waiting for idle after the timeout', async () => {
    const { delivery, dispatcher, calls, answer } = setUp({}, 2);
    for (const id of [1, 2, 3]) delivery.message(incoming(`a/${id}`, { packetId: id }));
    expect(calls.length).toBe(2);
    await answer(0, OK);
    expect(calls.length).toBe(3);
    const waiting = dispatcher.whenIdle(5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    await waiting;
    expect(calls.length).toBe(3);
  });
});
