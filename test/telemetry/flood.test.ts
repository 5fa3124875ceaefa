import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../src/status.ts';
import { recorder, SAMPLES } from './samples.ts';

const notice = (text: string): HostStatus => ({ kind: 'notice', level: 'warn', text });
const messages = (lines: readonly string[]) => lines.map((line) => line.replace(/^\S+ \S+ +/, ''));

describe('equal lines', () => {
  it('are written once a second, then with a count', () => {
    const { telemetry, lines, clock } = recorder();
    for (let i = 0; i < 5; i++) telemetry.report(notice('again'));
    expect(messages(lines)).toEqual(['again']);
    clock.now += 999;
    telemetry.report(notice('again'));
    expect(lines).toHaveLength(1);
    clock.now += 1;
    telemetry.report(notice('other'));
    expect(messages(lines)).toEqual(['again', 'again (5 times more)', 'other']);
    telemetry.report(notice('again'));
    clock.now += 1_000;
    telemetry.report(notice('again'));
    expect(messages(lines).slice(3)).toEqual(['again (once more)']);
  });

  it('have the count as a field in JSON', () => {
    const { telemetry, lines } = recorder({ format: 'json' });
    for (let i = 0; i < 3; i++) telemetry.report(notice('again'));
    telemetry.report(SAMPLES.stopped);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'again' },
      { kind: 'notice', repeated: 2 },
      { kind: 'stopped' },
    ]);
  });

  it('are written again after a second without them', () => {
    const { telemetry, lines, clock } = recorder();
    telemetry.report(notice('again'));
    clock.now += 1_000;
    telemetry.report(notice('again'));
    expect(messages(lines)).toEqual(['again', 'again']);
  });

  it('are not equal when level, binding or kind differ', () => {
    const { telemetry, lines } = recorder();
    telemetry.report(notice('again'));
    telemetry.report({ ...notice('again'), level: 'error' } as HostStatus);
    telemetry.report({ ...notice('again'), binding: 'b1' } as HostStatus);
    expect(lines).toHaveLength(3);
  });

  it('are told at the end, before "stopped"', () => {
    const { telemetry, lines } = recorder();
    telemetry.report(notice('again'));
    telemetry.report(notice('again'));
    telemetry.report(SAMPLES.stopped);
    expect(messages(lines)).toEqual(['again', 'again (once more)', 'stopped: SIGTERM']);
  });

  it('are told while other lines are below the level', () => {
    const { telemetry, lines, clock } = recorder({ level: 'warn' });
    telemetry.report(notice('again'));
    telemetry.report(notice('again'));
    clock.now += 1_000;
    telemetry.report(SAMPLES.handled);
    expect(messages(lines)).toEqual(['again', 'again (once more)']);
  });

  it('come through when the clock is set back', () => {
    const { telemetry, lines, clock } = recorder();
    telemetry.report(notice('again'));
    clock.now -= 3_600_000;
    telemetry.report(notice('again'));
    expect(lines).toHaveLength(2);
  });
});

describe('dropped messages', () => {
  it('are added up', () => {
    const { telemetry, lines, clock } = recorder();
    for (let i = 0; i < 4; i++) telemetry.report({ ...SAMPLES.dropped, count: 3 + i });
    telemetry.report({ ...SAMPLES.dropped, reason: 'no-filter', count: 1 });
    clock.now += 1_000;
    telemetry.report(notice('x'));
    expect(messages(lines)).toEqual([
      '[b0] 3 messages dropped at qos 0, because the window is full',
      '[b0] 1 message dropped because no filter of the binding matches',
      '[b0] 15 messages dropped at qos 0, because the window is full',
      'x',
    ]);
  });
});

describe('spilled messages', () => {
  it('are added up for each topic', () => {
    const { telemetry, lines, clock } = recorder();
    for (let i = 0; i < 4; i++) telemetry.report({ ...SAMPLES.spilled, count: 3 + i });
    telemetry.report({ ...SAMPLES.spilled, topic: 'c', count: 1 });
    clock.now += 1_000;
    telemetry.report(notice('x'));
    expect(messages(lines).map((line) => line.replace(/ moved.*/, ''))).toEqual([
      '[b0] 3 messages on "a/b"',
      '[b0] 1 message on "c"',
      '[b0] 15 messages on "a/b"',
      'x',
    ]);
  });
});

describe('repeats', () => {
  it('are told for each message, equal or not', () => {
    const { telemetry, lines } = recorder();
    for (let i = 0; i < 500; i++) telemetry.report(SAMPLES.repeat);
    expect(lines).toHaveLength(500);
  });
});

describe('a flood of different lines', () => {
  it('is cut off at 100 a second for each kind and binding', () => {
    const { telemetry, lines, clock } = recorder();
    for (let i = 0; i < 5_000; i++) telemetry.report({ ...SAMPLES['failed-attempt'], topic: `t/${i}` });
    telemetry.report({ ...SAMPLES['failed-attempt'], binding: 'b1' });
    expect(lines).toHaveLength(101);
    clock.now += 1_000;
    telemetry.report(notice('x'));
    expect(messages(lines).slice(101)).toEqual(['[b0] too many lines: 4900 of kind failed-attempt left out', 'x']);
  });

  it('of the guest is cut off later, and equal lines of the guest are kept', () => {
    const { telemetry, lines, clock } = recorder();
    for (let i = 0; i < 12_000; i++) telemetry.report(SAMPLES['guest-output']);
    expect(lines).toHaveLength(10_000);
    clock.now += 1_000;
    telemetry.report(SAMPLES.handled);
    expect(messages(lines)[10_000]).toBe('too many lines: 2000 of kind guest-output left out');
  });
});
