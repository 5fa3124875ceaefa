import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Keepalive } from '../../../../src/broker/mqtt/connection/keepalive.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function keepalive(interval = 1000) {
  const state = { pings: 0, dead: 0, holding: false, answering: true };
  const pings = new Keepalive(interval, {
    ping: () => {
      state.pings++;
      pings.sent();
      if (state.answering) pings.received();
    },
    dead: () => {
      state.dead++;
      pings.stop();
    },
    holding: () => state.holding,
  });
  return { state, pings };
}

describe('Keepalive', () => {
  test('pings an idle connection at least once in each interval, and lives on its answers', () => {
    const { state } = keepalive();
    vi.advanceTimersByTime(20_000);
    expect(state.pings).toBeGreaterThanOrEqual(19);
    expect(state.dead).toBe(0);
  });

  test('does not ping while packets go both ways, but does when we say nothing', () => {
    const { state, pings } = keepalive();
    for (let i = 0; i < 20; i++) {
      pings.sent();
      pings.received();
      vi.advanceTimersByTime(400);
    }
    expect(state.pings).toBe(0);
    for (let i = 0; i < 20; i++) {
      pings.received();
      vi.advanceTimersByTime(400);
    }
    expect(state.pings).toBeGreaterThan(5);
  });

  test('a silent peer is dead after one and a half to two intervals', () => {
    const { state } = keepalive();
    state.answering = false;
    vi.advanceTimersByTime(1500);
    expect(state.dead).toBe(0);
    vi.advanceTimersByTime(500);
    expect(state.dead).toBe(1);
  });

  test('held back, it pings on and blames nobody, and starts anew afterwards', () => {
    const { state } = keepalive();
    state.answering = false;
    state.holding = true;
    vi.advanceTimersByTime(10_000);
    expect(state.dead).toBe(0);
    expect(state.pings).toBeGreaterThanOrEqual(19);
    state.holding = false;
    vi.advanceTimersByTime(1000);
    expect(state.dead).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(state.dead).toBe(1);
  });

  test('0 turns it off', () => {
    const { state } = keepalive(0);
    state.answering = false;
    vi.advanceTimersByTime(100_000);
    expect(state).toMatchObject({ pings: 0, dead: 0 });
  });
});
