import type { HostStatus } from '../status.ts';
import type { LogLevel } from '../types.ts';
import { counted } from '../words.ts';
import { withoutStack } from './clean.ts';

type Kind = HostStatus['kind'];
type StatusOf<K extends Kind> = Extract<HostStatus, { kind: K }>;
type PerKind<T> = { readonly [K in Kind]: (status: StatusOf<K>) => T };

/** A status for people (`text`) and for programs (`fields`). */
export interface Description {
  readonly level: LogLevel;
  readonly kind: Kind;
  readonly binding: string | undefined;
  /** Written before the text on a terminal: marks what comes from the guest, who could imitate the host otherwise. */
  readonly label: string | undefined;
  readonly text: string;
  /** Durations are milliseconds and end in `Ms`. Names do not change between releases. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const FIXED_LEVELS: {
  readonly [K in Exclude<Kind, 'notice' | 'worker' | 'guest-output' | 'dropped' | 'intake'>]: LogLevel;
} = {
  connected: 'info',
  disconnected: 'warn',
  retrying: 'warn',
  subscribed: 'info',
  received: 'trace',
  handled: 'debug',
  'failed-attempt': 'warn',
  'lost-attempt': 'warn',
  'dead-letter': 'error',
  repeat: 'debug',
  spilled: 'debug',
  'session-lost': 'warn',
  'publish-dead-letter': 'error',
  'publish-expired': 'warn',
  published: 'debug',
  'publish-failed': 'warn',
  started: 'info',
  draining: 'info',
  stopped: 'info',
};

/** The level of a status, without building its text. */
export function levelOf(status: HostStatus): LogLevel {
  if (status.kind === 'notice' || status.kind === 'guest-output') return status.level;
  if (status.kind === 'worker') return status.event === 'ended' ? 'warn' : 'info';
  // A duplicate is dropped because that was asked for.
  if (status.kind === 'dropped') return status.reason === 'duplicate' ? 'debug' : 'warn';
  if (status.kind === 'intake') return status.state === 'stopped' ? 'error' : 'info';
  return FIXED_LEVELS[status.kind];
}

function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return `${Number((milliseconds / 1_000).toFixed(1))} s`;
}

const quoted = (topic: string) => `"${topic}"`;
const version = (protocol: 4 | 5) => (protocol === 5 ? 'MQTT 5' : 'MQTT 3.1.1');

const DROP_REASONS: { readonly [R in StatusOf<'dropped'>['reason']]: string } = {
  'window-full': 'at qos 0, because the window is full',
  'no-filter': 'because no filter of the binding matches',
  duplicate: 'because "dedup" remembers the event as handled',
};

const FOUND: { readonly [F in StatusOf<'repeat'>['found']]: string } = {
  running: 'it is under way already',
  marker: 'it was handled before',
};

const TEXTS: PerKind<string> = {
  notice: (s) => s.text,
  connected: (s) =>
    `${s.role} connected to ${s.broker} (${version(s.protocol)}, client id ${quoted(s.clientId)}, ${s.resumed ? 'session resumed' : 'new session'})`,
  disconnected: (s) => `${s.role} lost ${s.broker}: ${s.reason}`,
  retrying: (s) => `${s.role} cannot reach ${s.broker}, tries again in ${duration(s.delay)}: ${s.reason}`,
  subscribed: (s) => `subscribed to ${s.filters.map(quoted).join(', ')} at qos ${s.qos}`,
  received: (s) => `received ${quoted(s.topic)} at qos ${s.qos}`,
  handled: (s) =>
    `handled ${quoted(s.topic)} in ${duration(s.milliseconds)}${s.attempt > 1 ? ` (attempt ${s.attempt})` : ''}`,
  'failed-attempt': (s) =>
    `attempt ${s.attempt} of ${s.of} on ${quoted(s.topic)} failed, next in ${duration(s.retryIn)}: ${s.error}`,
  'lost-attempt': (s) => `the message on ${quoted(s.topic)} failed and is not tried again: ${s.error}`,
  'dead-letter': (s) =>
    `the message on ${quoted(s.topic)} is a dead letter after ${counted(s.attempts, 'attempt')}: ${s.error}`,
  dropped: (s) => `${counted(s.count, 'message')} dropped ${DROP_REASONS[s.reason]}`,
  repeat: (s) => `the broker sent the message on ${quoted(s.topic)} again: ${FOUND[s.found]}`,
  spilled: (s) =>
    `${counted(s.count, 'message')} on ${quoted(s.topic)} moved from the window to the journal, to make room for other topics`,
  'session-lost': ({ broker, mayRepeat, mayBeLost }) => {
    const repeated = mayRepeat > 0 ? [`publishes that are sent again and may be repeated: ${mayRepeat}`] : [];
    const lost =
      mayBeLost > 0
        ? [`publishes that it had received and may not have passed on, so that they may be lost: ${mayBeLost}`]
        : [];
    return `${broker} ${mayRepeat > 0 ? 'lost' : 'may have lost'} the publisher session; ${[...repeated, ...lost].join('; ')}`;
  },
  'publish-dead-letter': (s) =>
    `the publish to ${quoted(s.topic)} is a dead letter${s.parked ? ' that may have been delivered' : ''}: ${s.error}`,
  'publish-expired': (s) =>
    `the publish to ${quoted(s.topic)} was dropped: its expiry was over before it could be sent`,
  intake: (s) => `intake ${s.state === 'stopped' ? 'stops' : 'goes on'}: ${s.reason}`,
  published: (s) => `published ${quoted(s.topic)} at qos ${s.qos} to ${s.broker}`,
  'publish-failed': (s) => `publish to ${quoted(s.topic)} failed: ${s.error}`,
  worker: (s) => `guest worker ${s.event}: ${s.reason}`,
  'guest-output': (s) => s.text,
  started: (s) => `${s.app} started with ${s.component} in ${duration(s.milliseconds)}`,
  draining: (s) => `draining: ${s.reason}`,
  stopped: (s) => `stopped: ${s.reason}`,
};

const UNITS: Readonly<Record<string, string>> = { delay: 'delayMs', retryIn: 'retryInMs', milliseconds: 'durationMs' };
/** Every line has these of its own. */
const OWN: ReadonlySet<string> = new Set(['kind', 'level', 'text', 'binding']);

function fieldsOf(status: HostStatus): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(status)) if (!OWN.has(name)) fields[UNITS[name] ?? name] = value;
  return fields;
}

function labelOf(status: HostStatus): string | undefined {
  if (status.kind !== 'guest-output') return undefined;
  return status.context === '' ? `guest ${status.stream}` : `guest ${status.stream} (${status.context})`;
}

function textOf<K extends Kind>(status: StatusOf<K>): string {
  const text: (status: StatusOf<K>) => string = TEXTS[status.kind as K];
  return status.kind === 'guest-output' ? text(status) : withoutStack(text(status));
}

/** Turns a status into a log record; the strings are as they came, not yet fit to be written. */
export function describe(status: HostStatus): Description {
  return {
    level: levelOf(status),
    kind: status.kind,
    binding: 'binding' in status ? status.binding : undefined,
    label: labelOf(status),
    text: textOf(status),
    fields: fieldsOf(status),
  };
}
