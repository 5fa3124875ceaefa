import { describe, expect, test } from 'vitest';
import { Window } from '../../../../src/broker/mqtt/subscriber/window.ts';
import { messageBytes } from '../../../../src/broker/mqtt/wire/packets.ts';
import { incoming } from '../messages.ts';

describe('Window', () => {
  test('is full at its number of messages', () => {
    const window = new Window(2, 1000);
    const [first, second] = [incoming(1), incoming(2)];
    window.add(first);
    expect(window.fits(second)).toBe(true);
    window.add(second);
    expect(window.fits(incoming(3))).toBe(false);
    expect(window.remove(first)).toBe(true);
    expect(window.fits(incoming(3))).toBe(true);
  });

  test('is full at its bytes, and an acknowledgement counts once', () => {
    const message = incoming(1, 1, 600);
    const window = new Window(100, 1000);
    window.add(message);
    expect(window.fits(incoming(2, 1, 600))).toBe(false);
    expect(window.fits(incoming(2, 1, 399))).toBe(messageBytes(incoming(2, 1, 399)) + messageBytes(message) <= 1000);
    expect(window.remove(message)).toBe(true);
    expect(window.remove(message)).toBe(false);
    expect([window.messages, window.bytes]).toEqual([0, 0]);
  });

  test('has room for nothing at its number of messages, or at its bytes', () => {
    const window = new Window(2, 1000);
    expect(window.full).toBe(false);
    window.add(incoming(1));
    expect(window.full).toBe(false);
    const second = incoming(2);
    window.add(second);
    expect(window.full).toBe(true);
    window.remove(second);
    window.add(incoming(3, 1, 1000));
    expect([window.full, new Window(2, 0).full]).toEqual([true, false]);
  });

  test('counts user properties that are empty', () => {
    const message = incoming(1);
    const userProperties = Array.from({ length: 1_000 }, () => ['', ''] as const);
    const many = messageBytes({ ...message, properties: { ...message.properties, userProperties } });
    // A pair takes more in memory than the five bytes that it is sent in.
    expect(many - messageBytes(message)).toBeGreaterThanOrEqual(5_000);
  });

  test('lets a message through that is larger than the window, alone', () => {
    const window = new Window(10, 100);
    const large = incoming(1, 1, 5000);
    expect(window.fits(large)).toBe(true);
    window.add(large);
    expect(window.fits(incoming(2, 1, 1))).toBe(false);
    window.remove(large);
    expect(window.fits(incoming(2, 1, 1))).toBe(true);
  });

  test('is crowded from half of either bound', () => {
    const window = new Window(4, 100_000);
    window.add(incoming(1));
    expect(window.crowded).toBe(false);
    const second = incoming(2);
    window.add(second);
    expect(window.crowded).toBe(true);
    window.remove(second);
    expect(window.crowded).toBe(false);
    window.add(incoming(3, 1, 50_000));
    expect(window.crowded).toBe(true);
  });
});
