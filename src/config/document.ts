/*
 * `app.toml` as an object: the same keys, at the same places, with the same values. Durations and sizes are texts, such
 * as "30s" and "64MiB". What each key means and its default are in the README. `levels.ts` holds the types against it.
 */

/** A key that a program may leave out, or give no value. */
type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** `tls` of a binding: paths of PEM files, or PEM text. */
export type TlsDocument = Optional<{ ca: string; cert: string; key: string; insecure: boolean }>;

/** `will` of a binding. */
export interface WillDocument
  extends Optional<{
    payload: string;
    qos: 0 | 1 | 2;
    retain: boolean;
  }> {
  readonly topic: string;
}

/** `retry` of a binding. */
export type RetryDocument = Optional<{ attempts: number; initial: string; max: string; jitter: number }>;

/** One `[[capability.config]]`: one subscription with a session of its own, or with neither `queue` nor `topic` a way out. */
export interface BindingDocument
  extends Optional<{
    name: string;
    qos: 0 | 1 | 2;
    queue: string | readonly string[];
    topic: string | readonly string[];
    group: string;
    delivery: 'push' | 'pull' | 'auto';
    on_message: string;
    publish: string | readonly string[];
    client_id: string;
    username: string;
    password: string;
    tls: TlsDocument;
    keepalive: string;
    will: WillDocument;
    protocol: 5 | '3.1.1';
    on_stop: 'keep' | 'leave';
    session_expiry: string;
    max_in_flight: number;
    max_bytes_in_flight: string;
    order: 'topic' | 'none';
    timeout: string;
    retry: RetryDocument;
    dead_letter: string;
    transactional: boolean;
    receive_timeout: string;
    format: 'cloudevents' | 'structured' | 'raw';
    dedup: string;
  }> {
  readonly url: string | readonly string[];
}

/** One `[[capability]]`: the bindings of one driver. */
export interface CapabilityDocument {
  /** `pubsub.mqtt`, or `pubsub.<name>` of a driver given to `createHost`. */
  readonly name: string;
  readonly config: readonly BindingDocument[];
}

/** `[guest]`. */
export type GuestDocument = Optional<{
  memory: string;
  instances: number;
  workers: number;
  env: Readonly<Record<string, string>>;
  args: readonly string[];
}>;

/** `[telemetry]`. */
export type TelemetryDocument = Optional<{
  log: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  log_format: 'auto' | 'json' | 'text';
  http: string;
}>;

/** The whole of `app.toml` as an object. Relative paths start at the working directory, `state_dir` too. */
export interface AppDocument
  extends Optional<{
    state_dir: string;
    state_max: string;
    durability: 'power' | 'process';
    dead_letter_keep: string;
    drain: string;
    cache_dir: string;
    guest: GuestDocument;
    telemetry: TelemetryDocument;
  }> {
  readonly specversion: '0.2';
  readonly name: string;
  readonly capability: readonly CapabilityDocument[];
}
