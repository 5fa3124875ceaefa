import type { HostStatus } from '../status.ts';
import type { LogLevel } from '../types.ts';
import type { HistogramState } from './exposition.ts';

type Kind = HostStatus['kind'];
type StatusOf<K extends Kind> = Extract<HostStatus, { kind: K }>;
type Role = StatusOf<'connected'>['role'];

/** Seconds. */
const HANDLER_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

class Histogram implements HistogramState {
  readonly bounds: readonly number[] = HANDLER_BOUNDS;
  readonly counts: Float64Array = new Float64Array(HANDLER_BOUNDS.length + 1);
  sum = 0;

  observe(value: number): void {
    let i = 0;
    while (i < HANDLER_BOUNDS.length && value > (HANDLER_BOUNDS[i] ?? 0)) i++;
    this.counts[i] = (this.counts[i] ?? 0) + 1;
    this.sum += value;
  }
}

/** What is counted for one binding. */
export class BindingCounters {
  readonly received: [qos0: number, qos1: number, qos2: number] = [0, 0, 0];
  readonly handlerSeconds: Histogram = new Histogram();
  handled = 0;
  failedAttempts = 0;
  lost = 0;
  deadLetters = 0;
  readonly dropped: Record<StatusOf<'dropped'>['reason'], number> = { 'window-full': 0, 'no-filter': 0, duplicate: 0 };
  readonly repeats: Record<StatusOf<'repeat'>['found'], number> = { running: 0, marker: 0 };
  spilled = 0;
  publishDeadLetters = 0;
  parkedPublishes = 0;
  expiredPublishes = 0;
  mayRepeat = 0;
  mayBeLost = 0;
  readonly resumed: Record<Role, number> = { subscriber: 0, publisher: 0 };
  readonly newSessions: Record<Role, number> = { subscriber: 0, publisher: 0 };
  readonly disconnects: Record<Role, number> = { subscriber: 0, publisher: 0 };
}

/** Everything that is counted since the process started. Its size is bounded by the number of bindings. */
export class Counters {
  /** In the order in which they were first heard of. */
  readonly bindings: Map<string, BindingCounters> = new Map();
  readonly published: [qos0: number, qos1: number, qos2: number] = [0, 0, 0];
  readonly guestLines: Record<LogLevel, number> = { trace: 0, debug: 0, info: 0, warn: 0, error: 0 };
  publishesFailed = 0;
  workersEnded = 0;
  intakeStopped = false;

  of(binding: string): BindingCounters {
    let counters = this.bindings.get(binding);
    if (counters === undefined) {
      counters = new BindingCounters();
      this.bindings.set(binding, counters);
    }
    return counters;
  }

  count<K extends Kind>(status: StatusOf<K>): void {
    const rule: (all: Counters, status: StatusOf<K>) => void = RULES[status.kind as K];
    rule(this, status);
  }
}

const ignore = () => {};

/** One for each kind: a kind that is neither counted nor ignored does not compile. */
const RULES: { readonly [K in Kind]: (all: Counters, status: StatusOf<K>) => void } = {
  received: (all, s) => {
    all.of(s.binding).received[s.qos]++;
  },
  handled: (all, s) => {
    const counters = all.of(s.binding);
    counters.handled++;
    counters.handlerSeconds.observe(s.milliseconds / 1_000);
  },
  published: (all, s) => {
    all.published[s.qos]++;
  },
  'failed-attempt': (all, s) => {
    all.of(s.binding).failedAttempts++;
  },
  'lost-attempt': (all, s) => {
    all.of(s.binding).lost++;
  },
  'dead-letter': (all, s) => {
    all.of(s.binding).deadLetters++;
  },
  dropped: (all, s) => {
    all.of(s.binding).dropped[s.reason] += s.count;
  },
  repeat: (all, s) => {
    all.of(s.binding).repeats[s.found]++;
  },
  spilled: (all, s) => {
    all.of(s.binding).spilled += s.count;
  },
  'session-lost': (all, s) => {
    const counters = all.of(s.binding);
    counters.mayRepeat += s.mayRepeat;
    counters.mayBeLost += s.mayBeLost;
  },
  'publish-dead-letter': (all, s) => {
    if (s.parked) all.of(s.binding).parkedPublishes++;
    else all.of(s.binding).publishDeadLetters++;
  },
  'publish-expired': (all, s) => {
    all.of(s.binding).expiredPublishes++;
  },
  'publish-failed': (all) => {
    all.publishesFailed++;
  },
  connected: (all, s) => {
    const counters = all.of(s.binding);
    (s.resumed ? counters.resumed : counters.newSessions)[s.role]++;
  },
  disconnected: (all, s) => {
    all.of(s.binding).disconnects[s.role]++;
  },
  intake: (all, s) => {
    all.intakeStopped = s.state === 'stopped';
  },
  worker: (all, s) => {
    if (s.event === 'ended') all.workersEnded++;
  },
  'guest-output': (all, s) => {
    all.guestLines[s.level]++;
  },
  notice: ignore,
  retrying: ignore,
  subscribed: ignore,
  started: ignore,
  draining: ignore,
  stopped: ignore,
};
