import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../src/status.ts';
import { combine, createMetrics } from '../../src/telemetry/index.ts';
import { fakeSource } from './fake-source.ts';
import { keyOf, parsePrometheus, samplesOf } from './prometheus.ts';
import { recorder, SAMPLES } from './samples.ts';

type Labels = Readonly<Record<string, unknown>>;
type Counted = readonly [name: string, labels: Labels, by: number];

const key = (name: string, labels: Labels = {}) => keyOf(name, Object.entries(labels));
const b0 = { binding: 'b0' };
const handlerBucket = (le: string): Counted => ['host_handler_seconds_bucket', { ...b0, le }, 1];

/** What one report of the sample changes, and nothing else. */
const COUNTED: { readonly [K in HostStatus['kind']]: readonly Counted[] } = {
  received: [['host_messages_received_total', { ...b0, qos: 1 }, 1]],
  handled: [
    ['host_messages_handled_total', b0, 1],
    // 3.4 ms
    ...['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '30', '60', '+Inf'].map(
      handlerBucket,
    ),
    ['host_handler_seconds_sum', b0, 0.0034],
    ['host_handler_seconds_count', b0, 1],
  ],
  'failed-attempt': [['host_attempts_failed_total', b0, 1]],
  'lost-attempt': [['host_messages_lost_total', b0, 1]],
  'dead-letter': [['host_dead_letters_total', b0, 1]],
  dropped: [['host_messages_dropped_total', { ...b0, reason: 'window-full' }, 5]],
  repeat: [['host_repeats_total', { ...b0, found: 'marker' }, 1]],
  spilled: [['host_spilled_total', b0, 7]],
  'session-lost': [
    ['host_publishes_may_repeat_total', b0, 3],
    ['host_publishes_may_be_lost_total', b0, 1],
  ],
  'publish-dead-letter': [['host_publish_dead_letters_total', { ...b0, parked: true }, 1]],
  'publish-expired': [['host_publishes_expired_total', b0, 1]],
  published: [['host_published_total', { qos: 1 }, 1]],
  'publish-failed': [['host_publishes_failed_total', {}, 1]],
  connected: [['host_connects_total', { ...b0, role: 'subscriber', resumed: true }, 1]],
  disconnected: [['host_disconnects_total', { ...b0, role: 'publisher' }, 1]],
  worker: [['host_workers_ended_total', {}, 1]],
  'guest-output': [['host_guest_log_lines_total', { level: 'info' }, 1]],
  intake: [['host_intake_stopped', {}, 1]],
  notice: [],
  retrying: [],
  subscribed: [],
  started: [],
  draining: [],
  stopped: [],
};

/** The other cases of a kind, each of which must not count as the sample does. */
const VARIANTS: readonly (readonly [title: string, status: HostStatus, counted: readonly Counted[]])[] = [
  ['received at qos 0', { ...SAMPLES.received, qos: 0 }, [['host_messages_received_total', { ...b0, qos: 0 }, 1]]],
  ['received at qos 2', { ...SAMPLES.received, qos: 2 }, [['host_messages_received_total', { ...b0, qos: 2 }, 1]]],
  [
    'a duplicate',
    { ...SAMPLES.dropped, reason: 'duplicate', count: 1 },
    [['host_messages_dropped_total', { ...b0, reason: 'duplicate' }, 1]],
  ],
  [
    'no filter',
    { ...SAMPLES.dropped, reason: 'no-filter', count: 2 },
    [['host_messages_dropped_total', { ...b0, reason: 'no-filter' }, 2]],
  ],
  [
    'a repeat under way',
    { ...SAMPLES.repeat, found: 'running' },
    [['host_repeats_total', { ...b0, found: 'running' }, 1]],
  ],
  [
    'a publish refused',
    { ...SAMPLES['publish-dead-letter'], parked: false },
    [['host_publish_dead_letters_total', { ...b0, parked: false }, 1]],
  ],
  [
    'a new publisher session',
    { ...SAMPLES.connected, role: 'publisher', resumed: false },
    [['host_connects_total', { ...b0, role: 'publisher', resumed: false }, 1]],
  ],
  ['a worker replaced', { ...SAMPLES.worker, event: 'replaced' }, []],
  ['intake that goes on', { ...SAMPLES.intake, state: 'resumed' }, []],
  [
    'a message on a bound',
    { ...SAMPLES.handled, milliseconds: 60_000 },
    [
      ['host_messages_handled_total', b0, 1],
      handlerBucket('60'),
      handlerBucket('+Inf'),
      ['host_handler_seconds_sum', b0, 60],
      ['host_handler_seconds_count', b0, 1],
    ],
  ],
  [
    'a message above every bound',
    { ...SAMPLES.handled, milliseconds: 60_001 },
    [
      ['host_messages_handled_total', b0, 1],
      handlerBucket('+Inf'),
      ['host_handler_seconds_sum', b0, 60.001],
      ['host_handler_seconds_count', b0, 1],
    ],
  ],
];

/** Figures of the process change on their own. */
const isOurs = ([name]: readonly [string, number]) => name.startsWith('host_');

function page(metrics = createMetrics({ app: 'shop' }), source = fakeSource()): Map<string, number> {
  return samplesOf(metrics.render(source, 0));
}

function changes(...statuses: readonly HostStatus[]): Map<string, number> {
  const metrics = createMetrics({ app: 'shop' });
  const before = page(metrics);
  for (const status of statuses) metrics.report(status);
  const after = [...page(metrics)].filter(isOurs);
  return new Map(
    after
      .map(([name, value]) => [name, value - (before.get(name) ?? Number.NaN)] as const)
      .filter(([, by]) => by !== 0),
  );
}

const expected = (counted: readonly Counted[]) => new Map(counted.map(([name, labels, by]) => [key(name, labels), by]));

describe('a report', () => {
  it.each(Object.keys(SAMPLES) as HostStatus['kind'][])('of %s counts that alone', (kind) => {
    expect(changes(SAMPLES[kind])).toEqual(expected(COUNTED[kind]));
  });

  it.each(VARIANTS)('of %s counts that alone', (_, status, counted) => {
    expect(changes(status)).toEqual(expected(counted));
  });

  it('adds up, and clears what was stopped', () => {
    const counted = changes(SAMPLES.received, SAMPLES.received, SAMPLES.spilled, SAMPLES.spilled, SAMPLES.intake, {
      ...SAMPLES.intake,
      state: 'resumed',
    });
    expect(counted).toEqual(
      expected([
        ['host_messages_received_total', { ...b0, qos: 1 }, 2],
        ['host_spilled_total', b0, 14],
      ]),
    );
  });

  it('counts for its own binding', () => {
    const metrics = createMetrics({ app: 'shop' });
    metrics.report({ ...SAMPLES.received, binding: 'b1' });
    const samples = page(metrics);
    expect(samples.get(key('host_messages_received_total', { binding: 'b1', qos: 1 }))).toBe(1);
    expect(samples.get(key('host_messages_received_total', { ...b0, qos: 1 }))).toBe(0);
  });

  it('makes the page no longer, whatever its topics', () => {
    const metrics = createMetrics({ app: 'shop' });
    const lines = () => metrics.render(fakeSource(), 0).split('\n').length;
    const before = lines();
    for (let i = 0; i < 1_000; i++) {
      for (const status of Object.values(SAMPLES))
        metrics.report('topic' in status ? { ...status, topic: `t/${i}` } : status);
    }
    expect(lines()).toBe(before);
  });

  it('is wanted at every level', () => {
    const metrics = createMetrics({ app: 'shop' });
    expect((['trace', 'debug', 'info', 'warn', 'error'] as const).every((level) => metrics.wants(level))).toBe(true);
  });
});

describe('the page', () => {
  it('starts with every series of every session at zero', () => {
    const publishers = [{ binding: 'out', clientId: 'out-pub', online: true, unsent: 0 }];
    const samples = page(undefined, fakeSource({ publishers }));
    for (const binding of ['b0', 'out']) {
      for (const counted of [...Object.values(COUNTED), ...VARIANTS.map(([, , all]) => all)].flat()) {
        const [name, labels] = counted;
        expect(samples.get(key(name, 'binding' in labels ? { ...labels, binding } : labels))).toBe(0);
      }
    }
  });

  it('names types, with help for each', () => {
    const families = parsePrometheus(createMetrics({ app: 'shop' }).render(fakeSource(), 0));
    expect(families.get('host_handler_seconds')?.type).toBe('histogram');
    expect(families.get('host_spilled_total')?.type).toBe('counter');
    expect(families.get('host_in_flight_messages')?.type).toBe('gauge');
    for (const { help } of families.values()) expect(help).toMatch(/^[A-Z0-9].*\.$/);
  });

  it('has what the source says now', () => {
    const source = fakeSource({
      bindings: [
        { binding: 'b0', inFlight: 3, inFlightBytes: 300, spilled: 4, subscribed: true },
        { binding: 'b1', inFlight: 5, inFlightBytes: 500, spilled: 0, subscribed: false },
      ],
      publishers: [{ binding: 'b0', clientId: 'shop-b0-x-pub', online: false, unsent: 6 }],
      journal: { bytes: 4_096, max: 2 ** 30, unsent: 6, spilled: 4, deadLetters: 2 },
      workers: 7,
    });
    const metrics = createMetrics({ app: 'shop', version: '1.2.3' });
    const samples = samplesOf(metrics.render(source, 0.25));
    const gauges: readonly (readonly [string, Labels, number])[] = [
      ['host_info', { app: 'shop', version: '1.2.3' }, 1],
      ['host_in_flight_messages', b0, 3],
      ['host_in_flight_messages', { binding: 'b1' }, 5],
      ['host_in_flight_bytes', b0, 300],
      ['host_in_flight_bytes', { binding: 'b1' }, 500],
      ['host_spilled_messages', b0, 4],
      ['host_spilled_messages', { binding: 'b1' }, 0],
      ['host_session_up', { ...b0, role: 'subscriber' }, 1],
      ['host_session_up', { binding: 'b1', role: 'subscriber' }, 0],
      ['host_session_up', { ...b0, role: 'publisher' }, 0],
      ['host_unsent_publishes', b0, 6],
      ['host_dead_letters', {}, 2],
      ['host_journal_bytes', {}, 4_096],
      ['host_journal_max_bytes', {}, 2 ** 30],
      ['host_workers', {}, 7],
      ['host_ready', {}, 1],
      ['nodejs_eventloop_lag_seconds', {}, 0.25],
    ];
    for (const [name, labels, value] of gauges)
      expect([key(name, labels), samples.get(key(name, labels))]).toEqual([key(name, labels), value]);
    source.values.ready = { ready: false, reasons: ['b1'] };
    expect(samplesOf(metrics.render(source, 0)).get('host_ready')).toBe(0);
  });

  it('has one sample for two publisher sessions of a binding: what is unsent added up, up if both are', () => {
    const publishers = [true, false].map((online, i) => ({ binding: 'b0', clientId: `c${i}`, online, unsent: i + 1 }));
    for (const order of [publishers, publishers.toReversed()]) {
      const samples = page(undefined, fakeSource({ publishers: order }));
      expect(samples.get(key('host_session_up', { ...b0, role: 'publisher' }))).toBe(0);
      expect(samples.get(key('host_unsent_publishes', b0))).toBe(3);
    }
  });

  it('leaves out what there is none of', () => {
    const samples = page(undefined, fakeSource({ bindings: [] }));
    expect([...samples.keys()].filter((name) => /journal|b0|host_session_up/.test(name))).toEqual([]);
  });

  it('has plausible figures of the process', () => {
    const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
    const before = cpuSeconds();
    const samples = page();
    expect(samples.get('process_cpu_seconds_total')).toBeGreaterThanOrEqual(before);
    expect(samples.get('process_cpu_seconds_total')).toBeLessThanOrEqual(cpuSeconds());
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(2 ** 20);
    if (process.platform === 'linux') expect(samples.get('process_open_fds')).toBeGreaterThan(2);
  });

  it('escapes labels', () => {
    const app = 'a "b"\\n\n{c="d"} é\\';
    const text = createMetrics({ app }).render(fakeSource(), 0);
    expect(text).toContain('host_info{app="a \\"b\\"\\\\n\\n{c=\\"d\\"} é\\\\",version=""} 1\n');
    expect(samplesOf(text).get(key('host_info', { app, version: '' }))).toBe(1);
  });
});

describe('telemetry together', () => {
  it('reports to all, and each filters by its own level', () => {
    const { telemetry: log, lines } = recorder({ level: 'warn' });
    const metrics = createMetrics({ app: 'shop' });
    const both = combine(log, metrics);
    both.report(SAMPLES.received);
    both.report(SAMPLES['dead-letter']);
    expect(lines).toHaveLength(1);
    expect(page(metrics).get(key('host_messages_received_total', { ...b0, qos: 1 }))).toBe(1);
    expect(page(metrics).get(key('host_dead_letters_total', b0))).toBe(1);
  });

  it('wants what any of them wants', () => {
    const { telemetry: quiet } = recorder({ level: 'error' });
    const { telemetry: louder } = recorder({ level: 'info' });
    expect(combine(quiet, louder).wants('info')).toBe(true);
    expect(combine(louder, quiet).wants('info')).toBe(true);
    expect(combine(quiet, louder).wants('debug')).toBe(false);
    expect(combine(quiet, createMetrics({ app: 'shop' })).wants('trace')).toBe(true);
    expect(combine().wants('error')).toBe(false);
    expect(combine(quiet)).toBe(quiet);
  });
});
