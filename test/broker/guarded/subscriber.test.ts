import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { IncomingMessage } from '../../../src/types.ts';
import { openSubscriber } from '../../support/broker-sessions.ts';
import {
  bringUp,
  CONNECTION,
  connected,
  driver,
  incoming,
  type PlayedSubscriber,
  playSubscriber,
  settles,
} from './scripted.ts';

const BROKEN = 'pubsub.bus: binding b0: the driver broke its contract: ';

function brokenBy({ host }: PlayedSubscriber, text: string): void {
  expect(host.errors.map(({ message }) => message)).toEqual([BROKEN + text]);
  expect(host.errors[0]).toMatchObject({ code: 'ERR_BROKER_DRIVER' });
}

describe('a driver that keeps its contract', () => {
  it('is passed on, call for call, and told of', async () => {
    const played = playSubscriber();
    const { host, sink, statuses } = played;
    await bringUp(played);
    sink.message(incoming());
    sink.message(incoming({ packetId: 2, qos: 0 }));
    sink.disconnected('gone');
    await bringUp(played, connected({ epoch: 2, sessionPresent: true }));
    sink.message(incoming({ epoch: 2, dup: true }));
    expect(host.calls).toEqual([
      ...['connecting', 'connected', 'subscribed', 'message', 'message', 'disconnected'],
      ...['connecting', 'connected', 'subscribed', 'message'],
    ]);
    expect(host.errors).toEqual([]);
    expect(statuses).toEqual([
      expect.objectContaining({
        kind: 'connected',
        role: 'subscriber',
        broker: 'bus://h',
        resumed: false,
        binding: 'b0',
      }),
      { kind: 'disconnected', role: 'subscriber', broker: 'bus://h', binding: 'b0', reason: 'gone' },
      expect.objectContaining({ kind: 'connected', resumed: true }),
    ]);
    expect(host.subscriber.online).toBe(true);
  });

  it('may try to connect again and again, and take an id again once it was acknowledged', async () => {
    const played = playSubscriber();
    await played.sink.connecting();
    played.sink.disconnected('refused');
    await played.sink.connecting();
    await bringUp(played);
    played.sink.message(incoming());
    played.host.subscriber.acknowledge(played.host.messages[0] as IncomingMessage);
    played.sink.message(incoming());
    expect(played.host.errors).toEqual([]);
  });
});

describe('calls out of order', () => {
  it('connected before connecting has resolved', async () => {
    const played = playSubscriber();
    void played.sink.connecting();
    expect(await settles(played.sink.connected(connected()))).toBe(false);
    brokenBy(played, 'connected(): connecting() had not resolved');
  });

  it('connected for an attempt that had failed before connecting resolved', async () => {
    const played = playSubscriber();
    const gate = Promise.withResolvers<void>();
    played.host.beforeConnecting = () => gate.promise;
    const connecting = played.sink.connecting();
    played.sink.disconnected('refused');
    gate.resolve();
    await connecting;
    expect(await settles(played.sink.connected(connected()))).toBe(false);
    brokenBy(played, 'connected(): connecting() had not resolved');
  });

  it('connecting while connected', async () => {
    const played = playSubscriber();
    await bringUp(played);
    expect(await settles(played.sink.connecting())).toBe(false);
    brokenBy(played, 'connecting(): disconnected() was not called for the connection before');
  });

  it('a message before connected has resolved', async () => {
    const played = playSubscriber();
    await played.sink.connecting();
    void played.sink.connected(connected());
    played.sink.message(incoming());
    brokenBy(played, 'message(): connected() had not resolved');
    expect(played.host.messages).toEqual([]);
  });

  it.each([
    [{ epoch: 1 }, 'its epoch is 1 after 1'],
    [{ epoch: Number.NaN }, 'its epoch is NaN after 1'],
    [{ epoch: 2, protocol: 3 as 4 }, 'its protocol is 3, not 5 or 4'],
    [{ epoch: 2, sessionPresent: undefined as unknown as boolean }, 'its sessionPresent is undefined'],
    [{ epoch: 2, address: undefined as never }, 'its address is none of the binding'],
  ])('a second connection with %j', async (change, text) => {
    const played = playSubscriber();
    await bringUp(played);
    played.sink.disconnected('gone');
    await played.sink.connecting();
    expect(await settles(played.sink.connected(connected(change)))).toBe(false);
    brokenBy(played, `connected(): ${text}`);
  });
});

describe('what is handed over', () => {
  it.each([
    [{ topic: 'a/+' }, 'a topic to publish to must not contain "+" or "#"'],
    [{ payload: 'text' as unknown as Uint8Array }, 'its payload is no Uint8Array'],
    [{ properties: {} as never }, 'its properties.userProperties is no list'],
    [{ qos: 2 as const }, "its qos 2 is above the subscription's 1"],
    [{ qos: 7 as 1 }, 'its qos is 7'],
    [{ packetId: 0 }, 'its packetId is 0, not 1 to 65535'],
    [{ packetId: 5 }, 'its packetId 5 is not acknowledged yet'],
    [{ epoch: 3 }, "its epoch is 3, the connection's 1"],
  ])('%j is refused', async (change, text) => {
    const played = playSubscriber();
    await bringUp(played);
    played.sink.message(incoming({ packetId: 5 }));
    played.sink.message(incoming({ packetId: 6, ...change }));
    brokenBy(played, `message(): ${text}`);
    expect(played.host.messages).toHaveLength(1);
  });

  it('nothing at all is refused too', async () => {
    const played = playSubscriber();
    await bringUp(played);
    played.sink.message(undefined as never);
    expect(played.host.errors[0]?.message).toMatch(/message\(\) threw: Cannot read properties of undefined/);
  });

  it('more than the window is refused, unless it repeats what is there', async () => {
    const played = playSubscriber({}, ['t'], 2);
    await bringUp(played);
    for (const packetId of [1, 2]) played.sink.message(incoming({ packetId }));
    const repeats = vi.spyOn(played.host, 'repeats').mockReturnValueOnce(true);
    played.sink.message(incoming({ packetId: 3 }));
    expect(repeats).toHaveBeenCalledOnce();
    expect(played.host.errors).toEqual([]);
    played.sink.message(incoming({ packetId: 4 }));
    brokenBy(played, 'message(): maxInFlight (2) messages are not acknowledged yet');
  });

  it('after stopIntake nothing is looked at', async () => {
    const played = playSubscriber();
    await bringUp(played);
    played.host.subscriber.stopIntake();
    played.sink.message(incoming({ packetId: 0 }));
    expect([played.host.messages, played.host.errors]).toEqual([[], []]);
  });
});

describe('what is granted', () => {
  it('a qos below the one asked for is an error of its own', async () => {
    const played = playSubscriber();
    await played.sink.connecting();
    await played.sink.connected(connected());
    expect(await settles(played.sink.subscribed(['t'], [0]))).toBe(false);
    expect(played.host.errors[0]).toMatchObject({
      code: 'ERR_BROKER_GRANT',
      message: 'binding b0: the driver granted qos 0 for "t", where qos = 1 was asked for',
    });
  });

  it('is told for each filter', async () => {
    const played = playSubscriber();
    await played.sink.connecting();
    await played.sink.connected(connected());
    void played.sink.subscribed(['t'], []);
    brokenBy(played, 'subscribed(): 1 filters, 0 granted qos');
  });
});

describe('what a driver throws, returns or leaves open', () => {
  it('while it is opened', () => {
    const thrown = openSubscriber(driver({ openSubscriber: () => expect.fail('not today') }), CONNECTION, ['t']);
    expect(thrown.errors[0]?.message).toBe(`${BROKEN}openSubscriber() threw: not today`);
    const nothing = openSubscriber(driver({ openSubscriber: () => undefined as never }), CONNECTION, ['t']);
    expect(nothing.errors[0]?.message).toBe(`${BROKEN}openSubscriber() returned nothing`);
    expect([nothing.subscriber.online, nothing.subscriber.inFlight.messages]).toEqual([false, 0]);
  });

  it.each(['acknowledge', 'complete', 'pause', 'resume', 'stopIntake'] as const)('%s', async (name) => {
    const played = playSubscriber({ [name]: () => expect.fail('not today') });
    await bringUp(played);
    const { subscriber } = played.host;
    const calls = {
      acknowledge: () => subscriber.acknowledge(incoming()),
      complete: () => subscriber.complete(1, 1, true),
      pause: () => subscriber.pause(),
      resume: () => subscriber.resume(),
      stopIntake: () => subscriber.stopIntake(),
    };
    calls[name]();
    brokenBy(played, `${name}() threw: not today`);
    expect(subscriber.online).toBe(false);
    played.sink.message(incoming());
    expect(played.host.messages).toEqual([]);
  });

  it('sync, which is false then; an error that the driver reports is passed on once', async () => {
    const played = playSubscriber({ sync: () => Promise.reject(new Error('not today')) });
    expect(await played.host.subscriber.sync()).toBe(false);
    played.sink.failed(new Error('late'));
    brokenBy(played, 'sync() rejected: not today');
    const told = playSubscriber();
    told.sink.failed(new Error('thrown out'));
    told.sink.failed(new Error('again'));
    expect(told.host.errors.map(({ message }) => message)).toEqual(['pubsub.bus: binding b0: thrown out']);
  });

  it('unsubscribe may reject, and close may not', async () => {
    const no = () => Promise.reject(new Error('not today'));
    const played = playSubscriber({ unsubscribe: no, close: no });
    await expect(played.host.subscriber.unsubscribe(['t'])).rejects.toThrow('not today');
    expect(played.host.errors).toEqual([]);
    await played.host.subscriber.close({ endSession: false, timeout: 10 });
    brokenBy(played, 'close() rejected: not today');
  });

  it('close that never ends is given up after its time', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const played = playSubscriber({ close: () => new Promise(() => {}) });
    const closed = played.host.subscriber.close({ endSession: false, timeout: 1_000 });
    await vi.advanceTimersByTimeAsync(5_999);
    expect(played.host.errors).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    brokenBy(played, 'close() had not settled after 6 s');
  });
});

it('a driver is left waiting, not rejected, where the host cannot go on', async () => {
  const played = playSubscriber();
  played.host.beforeConnecting = () => Promise.reject(new Error('the journal has failed'));
  expect(await settles(played.sink.connecting())).toBe(false);
  expect(played.host.errors.map(({ message }) => message)).toEqual(['pubsub.bus: binding b0: the journal has failed']);
});
