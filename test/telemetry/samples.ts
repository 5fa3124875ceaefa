import type { HostStatus } from '../../src/status.ts';
import { createTelemetry, type TelemetryOptions } from '../../src/telemetry/index.ts';

/** One of each kind: a kind without a sample does not compile. */
export const SAMPLES: { readonly [K in HostStatus['kind']]: Extract<HostStatus, { kind: K }> } = {
  notice: { kind: 'notice', level: 'warn', text: 'look here', binding: 'b0' },
  connected: {
    kind: 'connected',
    binding: 'b0',
    role: 'subscriber',
    broker: 'tcp://localhost:1883',
    protocol: 4,
    resumed: true,
    clientId: 'app-b0-x',
  },
  disconnected: {
    kind: 'disconnected',
    binding: 'b0',
    role: 'publisher',
    broker: 'tcp://localhost:1883',
    reason: 'closed',
  },
  retrying: {
    kind: 'retrying',
    binding: 'b0',
    role: 'subscriber',
    broker: 'tcp://localhost:1883',
    reason: 'refused',
    delay: 1_500,
  },
  subscribed: { kind: 'subscribed', binding: 'b0', filters: ['a/#', 'b/+'], qos: 1 },
  received: { kind: 'received', binding: 'b0', topic: 'a/b', qos: 1 },
  handled: { kind: 'handled', binding: 'b0', topic: 'a/b', attempt: 2, milliseconds: 3.4 },
  'failed-attempt': {
    kind: 'failed-attempt',
    binding: 'b0',
    topic: 'a/b',
    attempt: 2,
    of: 8,
    error: 'trap: unreachable',
    retryIn: 500,
  },
  'lost-attempt': { kind: 'lost-attempt', binding: 'b0', topic: 'a/b', error: 'timeout' },
  'dead-letter': { kind: 'dead-letter', binding: 'b0', topic: 'a/b', attempts: 1, error: 'rejected: no' },
  dropped: { kind: 'dropped', binding: 'b0', reason: 'window-full', count: 5 },
  repeat: { kind: 'repeat', binding: 'b0', topic: 'a/b', found: 'marker' },
  spilled: { kind: 'spilled', binding: 'b0', topic: 'a/b', count: 7 },
  'session-lost': {
    kind: 'session-lost',
    binding: 'b0',
    broker: 'tcp://localhost:1883',
    mayRepeat: 3,
    mayBeLost: 1,
  },
  'publish-expired': { kind: 'publish-expired', binding: 'b0', topic: 'out' },
  'publish-dead-letter': { kind: 'publish-dead-letter', binding: 'b0', topic: 'out', error: 'refused', parked: true },
  intake: { kind: 'intake', state: 'stopped', reason: 'the journal is full' },
  published: { kind: 'published', topic: 'out', qos: 1, broker: 'tcp://localhost:1883' },
  'publish-failed': { kind: 'publish-failed', topic: 'out', error: 'timeout' },
  worker: { kind: 'worker', event: 'ended', reason: 'call past its deadline' },
  'guest-output': { kind: 'guest-output', stream: 'log', level: 'info', context: 'shop', text: 'hello' },
  started: { kind: 'started', app: 'app', component: 'push.wasm', milliseconds: 2_345 },
  draining: { kind: 'draining', reason: 'SIGTERM' },
  stopped: { kind: 'stopped', reason: 'SIGTERM' },
};

export const START = Date.UTC(2026, 2, 1, 12);

/** Telemetry that writes into `lines`, on a clock that the test moves. */
export function recorder(options: Partial<TelemetryOptions> = {}) {
  const lines: string[] = [];
  const clock = { now: START };
  const telemetry = createTelemetry({
    level: 'trace',
    format: 'text',
    color: false,
    secrets: [],
    write: (line) => lines.push(line),
    now: () => clock.now,
    ...options,
  });
  return { telemetry, lines, clock };
}
