import type { z } from 'zod';
import type {
  AppDocument,
  BindingDocument,
  CapabilityDocument,
  GuestDocument,
  RetryDocument,
  TelemetryDocument,
  TlsDocument,
  WillDocument,
} from './document.ts';
import * as value from './values.ts';

/** The keys of one kind of table, with the type of each. */
export type Spec = Readonly<Record<string, z.ZodType>>;

/** The keys that a document of type `D` may have: no more, no fewer. */
type SpecOf<D> = { readonly [K in keyof Required<D>]: z.ZodType };

export interface Level<S extends Spec = Spec> {
  /** What a table of this kind is called in messages. */
  readonly title: string;
  readonly spec: S;
  /** How to write one of its keys so that it lands here. */
  place(key: string): string;
}

const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;
const NAME_TEXT = '1 to 64 letters, digits, ".", "_" or "-"';

/** The largest session expiry interval that ends [MQTT-3.1.2.11.2]: one second below "never". */
const LONGEST_SESSION = '4294967294s';

export const topLevel = {
  title: 'the top level',
  place: (key: string) => `"${key}" belongs at the top level: above the first [table] of the file`,
  spec: {
    specversion: value.specversion,
    name: value.matching(NAME_TEXT, NAME),
    state_dir: value.filledText,
    state_max: value.size('1GiB'),
    durability: value.choice('power', 'process'),
    dead_letter_keep: value.duration('14d', '1s', '36500d'),
    drain: value.duration('25s', '0s'),
    cache_dir: value.filledText,
    guest: value.table,
    telemetry: value.table,
    capability: value.tables('capability'),
  },
} satisfies Level<SpecOf<AppDocument>>;

export const capabilityLevel = {
  title: 'a [[capability]]',
  place: (key: string) =>
    key === 'config'
      ? '"config" belongs to a [[capability]]: write [[capability.config]]'
      : `"${key}" belongs to a [[capability]]: write it right below that line`,
  spec: { name: value.text, config: value.tables('capability.config') },
} satisfies Level<SpecOf<CapabilityDocument>>;

export const bindingLevel = {
  title: 'a binding',
  place: (key: string) =>
    ['tls', 'will', 'retry'].includes(key)
      ? `"${key}" belongs to a binding: write [capability.config.${key}] below its [[capability.config]]`
      : `"${key}" belongs to a binding: write it below a [[capability.config]]`,
  spec: {
    name: value.matching(NAME_TEXT, NAME),
    url: value.urls,
    qos: value.qos,
    queue: value.filters,
    topic: value.filters,
    group: value.matching('a group without "/", "+" or "#", and not empty', /^[^/+#\0]+$/),
    delivery: value.choice('push', 'pull', 'auto'),
    on_message: value.handlerName,
    publish: value.grants,
    client_id: value.filledText,
    username: value.filledText,
    password: value.text,
    tls: value.table,
    keepalive: value.seconds('30s', '0s', '65535s'),
    will: value.table,
    protocol: value.protocol,
    on_stop: value.choice('keep', 'leave'),
    session_expiry: value.seconds('7d', '1s', LONGEST_SESSION),
    max_in_flight: value.whole(1, 65_535),
    max_bytes_in_flight: value.size('64MiB'),
    order: value.choice('topic', 'none'),
    timeout: value.duration('30s'),
    retry: value.table,
    dead_letter: value.topic,
    transactional: value.flag,
    receive_timeout: value.duration('10s'),
    format: value.choice('cloudevents', 'structured', 'raw'),
    dedup: value.duration('10m', '1s', '36500d'),
  },
} satisfies Level<SpecOf<BindingDocument>>;

const inBinding = (table: string) => (key: string) =>
  `"${key}" belongs to [capability.config.${table}]: write ${table}.${key} below a [[capability.config]]`;

export const tlsLevel = {
  title: 'tls',
  place: inBinding('tls'),
  spec: { ca: value.filledText, cert: value.filledText, key: value.filledText, insecure: value.flag },
} satisfies Level<SpecOf<TlsDocument>>;

export const willLevel = {
  title: 'will',
  place: inBinding('will'),
  spec: { topic: value.topic, payload: value.text, qos: value.qos, retain: value.flag },
} satisfies Level<SpecOf<WillDocument>>;

export const retryLevel = {
  title: 'retry',
  place: inBinding('retry'),
  spec: {
    attempts: value.whole(1, 1_000_000),
    initial: value.duration('500ms'),
    max: value.duration('30s'),
    jitter: value.fraction(0, 1),
  },
} satisfies Level<SpecOf<RetryDocument>>;

export const guestLevel = {
  title: '[guest]',
  place: (key: string) => `"${key}" belongs to [guest]: write it below that line`,
  spec: {
    memory: value.size('128MiB', '64KiB', '4GiB'),
    instances: value.whole(1, 256),
    workers: value.whole(1, 64),
    env: value.table,
    args: value.texts,
  },
} satisfies Level<SpecOf<GuestDocument>>;

export const telemetryLevel = {
  title: '[telemetry]',
  place: (key: string) => `"${key}" belongs to [telemetry]: write it below that line`,
  spec: {
    log: value.choice('trace', 'debug', 'info', 'warn', 'error'),
    log_format: value.choice('auto', 'json', 'text'),
    http: value.listenAddress,
  },
} satisfies Level<SpecOf<TelemetryDocument>>;

export const LEVELS: readonly Level[] = [
  topLevel,
  capabilityLevel,
  bindingLevel,
  tlsLevel,
  willLevel,
  retryLevel,
  guestLevel,
  telemetryLevel,
];
