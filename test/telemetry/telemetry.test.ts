import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../src/status.ts';
import { recorder, SAMPLES } from './samples.ts';

const kinds = Object.keys(SAMPLES) as HostStatus['kind'][];
const TIME = '2026-03-01T12:00:00.000Z';

describe('a line of text', () => {
  it.each([
    ['notice', 'WARN  [b0] look here'],
    [
      'connected',
      'INFO  [b0] subscriber connected to tcp://localhost:1883 (MQTT 3.1.1, client id "app-b0-x", session resumed)',
    ],
    ['disconnected', 'WARN  [b0] publisher lost tcp://localhost:1883: closed'],
    ['retrying', 'WARN  [b0] subscriber cannot reach tcp://localhost:1883, tries again in 1.5 s: refused'],
    ['subscribed', 'INFO  [b0] subscribed to "a/#", "b/+" at qos 1'],
    ['received', 'TRACE [b0] received "a/b" at qos 1'],
    ['handled', 'DEBUG [b0] handled "a/b" in 3 ms (attempt 2)'],
    ['failed-attempt', 'WARN  [b0] attempt 2 of 8 on "a/b" failed, next in 500 ms: trap: unreachable'],
    ['lost-attempt', 'WARN  [b0] the message on "a/b" failed and is not tried again: timeout'],
    ['dead-letter', 'ERROR [b0] the message on "a/b" is a dead letter after 1 attempt: rejected: no'],
    ['dropped', 'WARN  [b0] 5 messages dropped at qos 0, because the window is full'],
    ['repeat', 'DEBUG [b0] the broker sent the message on "a/b" again: it was handled before'],
    ['spilled', 'DEBUG [b0] 7 messages on "a/b" moved from the window to the journal, to make room for other topics'],
    [
      'session-lost',
      'WARN  [b0] tcp://localhost:1883 lost the publisher session; publishes that are sent again and may be repeated: 3; publishes that it had received and may not have passed on, so that they may be lost: 1',
    ],
    ['publish-expired', 'WARN  [b0] the publish to "out" was dropped: its expiry was over before it could be sent'],
    ['publish-dead-letter', 'ERROR [b0] the publish to "out" is a dead letter that may have been delivered: refused'],
    ['intake', 'ERROR intake stops: the journal is full'],
    ['published', 'DEBUG published "out" at qos 1 to tcp://localhost:1883'],
    ['publish-failed', 'WARN  publish to "out" failed: timeout'],
    ['worker', 'WARN  guest worker ended: call past its deadline'],
    ['guest-output', 'INFO  guest log (shop): hello'],
    ['started', 'INFO  app started with push.wasm in 2.3 s'],
    ['draining', 'INFO  draining: SIGTERM'],
    ['stopped', 'INFO  stopped: SIGTERM'],
  ] as const)('of %s', (kind, line) => {
    const { telemetry, lines } = recorder();
    telemetry.report(SAMPLES[kind]);
    expect(lines).toEqual([`${TIME} ${line}`]);
  });

  it('has colour only if asked', () => {
    const { telemetry, lines } = recorder({ color: true });
    telemetry.report(SAMPLES['dead-letter']);
    expect(lines[0]).toContain('\u001b[31mERROR\u001b[39m');
  });
});

describe('a JSON line', () => {
  it.each(kinds)('of %s has time, level, kind, message', (kind) => {
    const { telemetry, lines } = recorder({ format: 'json', color: true });
    telemetry.report(SAMPLES[kind]);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      time: TIME,
      level: expect.any(String),
      kind,
      message: expect.stringMatching(/./),
    });
  });

  it('has the members of the status, durations with their unit', () => {
    const { telemetry, lines } = recorder({ format: 'json' });
    for (const kind of ['failed-attempt', 'handled', 'retrying', 'subscribed', 'guest-output'] as const)
      telemetry.report(SAMPLES[kind]);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: TIME,
        level: 'warn',
        kind: 'failed-attempt',
        binding: 'b0',
        message: 'attempt 2 of 8 on "a/b" failed, next in 500 ms: trap: unreachable',
        topic: 'a/b',
        attempt: 2,
        of: 8,
        error: 'trap: unreachable',
        retryInMs: 500,
      },
      expect.objectContaining({ level: 'debug', durationMs: 3.4 }),
      expect.objectContaining({ delayMs: 1_500, role: 'subscriber' }),
      expect.objectContaining({ filters: ['a/#', 'b/+'], qos: 1 }),
      { time: TIME, level: 'info', kind: 'guest-output', message: 'hello', stream: 'log', context: 'shop' },
    ]);
  });
});

describe('levels', () => {
  it('are said by wants, and keep lines back', () => {
    const { telemetry, lines } = recorder({ level: 'warn' });
    expect((['trace', 'debug', 'info', 'warn', 'error'] as const).filter((level) => telemetry.wants(level))).toEqual([
      'warn',
      'error',
    ]);
    for (const kind of kinds) telemetry.report(SAMPLES[kind]);
    expect(lines.map((line) => line.split(' ')[1])).not.toContain('INFO');
    expect(lines).toHaveLength(13);
  });

  it('of one kind differ where one case of it is as asked, or good news', () => {
    const { telemetry, lines } = recorder({ level: 'debug' });
    telemetry.report({ ...SAMPLES.dropped, reason: 'duplicate', count: 1 });
    telemetry.report({ ...SAMPLES.intake, state: 'resumed', reason: 'space was freed' });
    telemetry.report({ ...SAMPLES['publish-dead-letter'], parked: false });
    telemetry.report({ ...SAMPLES.repeat, found: 'running' });
    expect(lines).toEqual([
      `${TIME} DEBUG [b0] 1 message dropped because "dedup" remembers the event as handled`,
      `${TIME} INFO  intake goes on: space was freed`,
      `${TIME} ERROR [b0] the publish to "out" is a dead letter: refused`,
      `${TIME} DEBUG [b0] the broker sent the message on "a/b" again: it is under way already`,
    ]);
  });

  it('of notices and guest output are their own', () => {
    const { telemetry, lines } = recorder({ level: 'info' });
    telemetry.report({ kind: 'notice', level: 'debug', text: 'no' });
    telemetry.report({ ...SAMPLES['guest-output'], level: 'trace' });
    telemetry.report({ ...SAMPLES['guest-output'], stream: 'stderr', context: '', level: 'error' });
    telemetry.report({ kind: 'worker', event: 'replaced', reason: 'trap' });
    expect(lines).toEqual([`${TIME} ERROR guest stderr: hello`, `${TIME} INFO  guest worker replaced: trap`]);
  });
});
