import type { QoS } from '../types.ts';
import { type BindingReading, readConnection } from './connection.ts';
import { bindingLevel, retryLevel } from './levels.ts';
import type { BindingConfig, RetryConfig } from './model.ts';
import { formatPath, type KeyPath } from './paths.ts';
import { readTable } from './read.ts';
import type { Source } from './source.ts';
import { readSubscription } from './subscription.ts';
import type { TomlTable } from './toml.ts';

/** What the configuration has to know of a driver. */
export interface DriverInfo {
  /** It is configured as `pubsub.<name>`. */
  readonly name: string;
  /** Url schemes, without the colon. */
  readonly schemes: readonly string[];
  readonly keepsQos2: boolean;
}

/** A binding as far as it is valid, beside what was written. */
export interface BindingDraft {
  readonly binding: BindingConfig;
  readonly reading: BindingReading;
}

export interface BindingPlace {
  readonly path: KeyPath;
  readonly position: number;
  /** Name of the app: the default group. */
  readonly app: string;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

function readRetry(source: Source, { path, values }: BindingReading): RetryConfig {
  const retry = readTable(source, [...path, 'retry'], values.retry ?? {}, retryLevel);
  const config = {
    attempts: retry.get('attempts', 8),
    initial: retry.get('initial', 500),
    max: retry.get('max', Math.max(30_000, retry.values.initial ?? 0)),
    jitter: retry.get('jitter', 0.2),
  };
  if (config.initial > config.max && !retry.broken('max'))
    source.problem([...retry.path, retry.written.has('initial') ? 'initial' : 'max'], {
      expected: 'retry.initial no longer than retry.max',
      found: `${config.initial}ms and ${config.max}ms`,
      hints: ['the delay starts at initial and doubles up to max'],
    });
  return config;
}

function readQos(source: Source, reading: BindingReading, driver: DriverInfo): QoS {
  const qos = reading.get('qos', 1);
  if (qos === 2 && !driver.keepsQos2)
    source.problem([...reading.path, 'qos'], {
      expected: `0 or 1 (pubsub.${driver.name} does not keep qos 2)`,
      found: 'the integer 2',
      hints: [],
    });
  return qos;
}

function readTransactional(source: Source, reading: BindingReading, qos: QoS, subscribes: boolean): boolean {
  const because = qos === 2 && subscribes ? 'qos 2' : undefined;
  const transactional = reading.get('transactional', qos === 2 && subscribes, because);
  if (transactional && qos === 0)
    source.problem([...reading.path, 'transactional'], {
      expected: 'qos 1 or 2 beside transactional',
      found: 'qos 0',
      hints: ['at qos 0 a message is acknowledged before it is handled: delete transactional, or raise qos'],
    });
  return transactional;
}

/** Milliseconds that the broker keeps the session; none at qos 0. */
function readSessionExpiry(source: Source, reading: BindingReading, qos: QoS, onStop: 'keep' | 'leave'): number {
  const { path } = reading;
  if (qos !== 0) {
    const because = onStop === 'leave' ? 'on_stop = "leave"' : undefined;
    return reading.get('session_expiry', onStop === 'leave' ? 10 * MINUTE : 7 * DAY, because);
  }
  if (reading.written.has('session_expiry') && !reading.broken('qos'))
    source.problem([...path, 'session_expiry'], {
      expected: 'qos 1 or 2 beside session_expiry',
      found: 'qos 0',
      hints: ['at qos 0 the broker keeps no session: delete session_expiry, or raise qos'],
    });
  source.defaulted([...path, 'session_expiry'], 'qos 0 has no session');
  return 0;
}

/** Keys that hold for each message. */
function readHandling(source: Source, reading: BindingReading) {
  return {
    delivery: reading.get('delivery', 'auto'),
    onMessage: reading.get('on_message', 'on_message'),
    maxInFlight: reading.get('max_in_flight', 1000),
    maxBytesInFlight: reading.get('max_bytes_in_flight', 64 * 2 ** 20),
    order: reading.get('order', 'topic'),
    timeout: reading.get('timeout', 30_000),
    retry: readRetry(source, reading),
    deadLetter: reading.get('dead_letter', undefined),
    receiveTimeout: reading.get('receive_timeout', undefined),
    format: reading.get('format', 'cloudevents'),
    dedup: reading.get('dedup', undefined),
  } as const;
}

/** Reads one `[[capability.config]]`. What is not valid has become a problem, and has a neutral value in the result. */
export function readBinding(source: Source, table: TomlTable, place: BindingPlace, driver: DriverInfo): BindingDraft {
  const { path, position, app } = place;
  const reading = readTable(source, path, table, bindingLevel);
  const subscription = readSubscription(source, reading);
  const subscribes = subscription.kind !== 'publish-only';
  const qos = readQos(source, reading, driver);
  const onStop = reading.get('on_stop', 'keep');
  const binding: BindingConfig = {
    name: reading.get('name', ''),
    named: reading.values.name !== undefined,
    position,
    path: formatPath(path),
    line: source.line(path),
    driver: driver.name,
    connection: readConnection(source, reading, driver.schemes),
    qos,
    ...subscription,
    group: reading.get('group', app, "the app's name"),
    publish: reading.get('publish', undefined),
    clientId: reading.get('client_id', undefined),
    onStop,
    sessionExpiry: readSessionExpiry(source, reading, qos, onStop),
    ...readHandling(source, reading),
    transactional: readTransactional(source, reading, qos, subscribes),
  };
  return { binding, reading };
}
