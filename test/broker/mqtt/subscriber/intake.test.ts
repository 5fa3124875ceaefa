import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Intake } from '../../../../src/broker/mqtt/subscriber/intake.ts';
import { Window } from '../../../../src/broker/mqtt/subscriber/window.ts';
import type { IncomingMessage, QoS } from '../../../../src/types.ts';
import { incoming } from '../messages.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function intake(maxInFlight = 2, repeats: (message: IncomingMessage) => boolean = () => false) {
  const window = new Window(maxInFlight, 1_000_000);
  const [events, dropped]: [string[], number[]] = [[], []];
  const messages: IncomingMessage[] = [];
  const gate = new Intake(window, {
    message: (message) => {
      events.push(`message ${message.packetId}`);
      messages.push(message);
    },
    repeats,
    released: (id) => events.push(`released ${id}`),
    dropped: (count) => dropped.push(count),
  });
  /** Whether reading went on. */
  const publish = (id: number, qos: QoS = 1) => {
    const done = vi.fn();
    gate.publish(incoming(id, qos), done);
    return done;
  };
  const acknowledge = (index: number) => {
    window.remove(messages[index] as IncomingMessage);
    gate.room();
  };
  return { gate, events, dropped, publish, acknowledge };
}

describe('Intake', () => {
  test('holds everything until the session is up, and then hands on in wire order', () => {
    const { gate, events, publish } = intake();
    gate.released(9);
    const done = publish(1);
    expect(done).not.toHaveBeenCalled();
    expect(events).toEqual([]);
    gate.open();
    expect(events).toEqual(['released 9', 'message 1']);
    expect(done).toHaveBeenCalledOnce();
  });

  test('lets a repeat of what is under way in, at a full window and while paused', () => {
    const { gate, events } = intake(1, ({ packetId }) => packetId === 1);
    gate.open();
    const done = vi.fn();
    const offer = (id: number, dup: boolean) => gate.publish({ ...incoming(id, 1), dup }, done);
    offer(1, false);
    offer(1, true);
    gate.pause();
    offer(1, true);
    expect(events).toEqual(['message 1', 'message 1', 'message 1']);
    expect(done).toHaveBeenCalledTimes(3);
    offer(2, true);
    expect(done).toHaveBeenCalledTimes(3);
  });

  test('holds at a full window until there is room', () => {
    const { gate, events, publish, acknowledge } = intake(1);
    gate.open();
    expect(publish(1)).toHaveBeenCalledOnce();
    const second = publish(2);
    expect(second).not.toHaveBeenCalled();
    acknowledge(0);
    expect(second).toHaveBeenCalledOnce();
    expect(events).toEqual(['message 1', 'message 2']);
  });

  test('holds QoS 1 at a full window for as long as it takes', () => {
    const { gate, publish, dropped } = intake(1);
    gate.open();
    publish(1);
    const second = publish(2, 1);
    vi.advanceTimersByTime(60_000);
    expect(second).not.toHaveBeenCalled();
    expect(dropped).toEqual([]);
  });

  test('drops QoS 0 after a second at a full window, until there is room, and counts', () => {
    const { gate, events, publish, acknowledge, dropped } = intake(1);
    gate.open();
    publish(1);
    const waited = publish(0, 0);
    vi.advanceTimersByTime(999);
    expect(waited).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(waited).toHaveBeenCalledOnce();
    for (let i = 0; i < 4; i++) expect(publish(0, 0)).toHaveBeenCalledOnce();
    const kept = publish(2, 1);
    expect(kept).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(dropped).toEqual([5]);
    acknowledge(0);
    expect(events).toEqual(['message 1', 'message 2']);
    acknowledge(1);
    expect(publish(0, 0)).toHaveBeenCalledOnce();
    expect(events).toHaveLength(3);
  });

  test('says what is dropped unread: at a full window whose patience is over, until there is room', () => {
    const { gate, publish, acknowledge, dropped } = intake(2);
    expect(gate.drops()).toBe(false);
    gate.open();
    publish(1);
    publish(2);
    expect(gate.drops()).toBe(false);
    publish(0, 0);
    expect(gate.drops()).toBe(false);
    vi.advanceTimersByTime(1000);
    expect([gate.drops(), gate.drops()]).toEqual([true, true]);
    vi.advanceTimersByTime(1000);
    expect(dropped).toEqual([3]);
    acknowledge(0);
    expect(gate.drops()).toBe(false);
    publish(3);
    expect(gate.drops()).toBe(false);
    gate.reset();
    expect(gate.drops()).toBe(false);
  });

  test('drops nothing unread while there is room for a smaller one', () => {
    const { gate, events, publish } = intake(2);
    gate.open();
    publish(1);
    const large = vi.fn();
    gate.publish(incoming(0, 0, 1_000_000), large);
    vi.advanceTimersByTime(1000);
    expect(large).toHaveBeenCalledOnce();
    expect(gate.drops()).toBe(false);
    publish(2, 0);
    expect(events).toEqual(['message 1', 'message 2']);
  });

  test('drops nothing unread on a connection that is not up, nor once it is stopped', () => {
    const { gate, publish } = intake(1);
    gate.open();
    publish(1);
    publish(0, 0);
    vi.advanceTimersByTime(1000);
    expect(gate.drops()).toBe(true);
    gate.reset();
    expect(gate.drops()).toBe(false);
    gate.open();
    gate.stop();
    expect(gate.drops()).toBe(false);
  });

  test('each that waits has a second of its own, and QoS 1 behind one has no end of it', () => {
    const { gate, publish, acknowledge, dropped } = intake(1);
    gate.open();
    publish(1);
    publish(2, 0);
    vi.advanceTimersByTime(900);
    acknowledge(0);
    const second = publish(3, 0);
    vi.advanceTimersByTime(900);
    expect(second).not.toHaveBeenCalled();
    acknowledge(1);
    const third = publish(4, 1);
    vi.advanceTimersByTime(60_000);
    expect(third).not.toHaveBeenCalled();
    expect(dropped).toEqual([]);
  });

  test('paused, holds QoS 0 too and drops nothing', () => {
    const { gate, events, publish, dropped } = intake();
    gate.open();
    gate.pause();
    const held = publish(0, 0);
    vi.advanceTimersByTime(60_000);
    expect(held).not.toHaveBeenCalled();
    gate.resume();
    expect(held).toHaveBeenCalledOnce();
    expect(events).toEqual(['message 0']);
    expect(dropped).toEqual([]);
  });

  test('resume at a full window starts the patience for QoS 0', () => {
    const { gate, publish, dropped } = intake(1);
    gate.open();
    publish(1);
    gate.pause();
    const held = publish(0, 0);
    vi.advanceTimersByTime(5000);
    gate.resume();
    vi.advanceTimersByTime(1000);
    expect(held).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1000);
    expect(dropped).toEqual([1]);
  });

  test('a connection that ends takes what waited with it', () => {
    const { gate, events, publish } = intake();
    const done = publish(1);
    gate.released(3);
    gate.reset();
    gate.open();
    expect(done).not.toHaveBeenCalled();
    expect(events).toEqual([]);
  });

  test('stopped, throws messages away, lets reading and releases go on', () => {
    const { gate, events, publish } = intake(1);
    gate.open();
    publish(1);
    const held = publish(2);
    gate.stop();
    expect(held).toHaveBeenCalledOnce();
    expect(publish(3)).toHaveBeenCalledOnce();
    gate.released(1);
    expect(events).toEqual(['message 1', 'released 1']);
  });
});
