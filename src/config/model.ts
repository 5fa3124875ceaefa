import type { ConnectionOptions, LogLevel, QoS } from '../types.ts';

/** Where a value came from, for errors and `host check`. */
export type Origin =
  | {
      readonly from: 'file';
      readonly line: number /** Names of environment variables and files that were put in. */;
      readonly through: readonly string[];
    }
  /** The configuration was given as an object. */
  | { readonly from: 'object' }
  | { readonly from: 'default'; readonly because?: string | undefined }
  | { readonly from: 'flag'; readonly flag: string };

/** A binding's `retry`; durations are milliseconds. */
export interface RetryConfig {
  readonly attempts: number;
  readonly initial: number;
  readonly max: number;
  readonly jitter: number;
}

/** One `[[capability.config]]`: one subscription with a session of its own, or a publish-only route. */
export interface BindingConfig {
  /** As written; undefined until `nameBindings` gave it one. */
  readonly name: string;
  readonly named: boolean;
  /** From 0, over all capabilities, in file order. */
  readonly position: number;
  /** Key path of its table, as `capability[0].config[1]`. */
  readonly path: string;
  /** Line of its `[[capability.config]]`, from 1; undefined where the configuration was given as an object. */
  readonly line: number | undefined;
  /** The driver: what follows `pubsub.` in the capability's name. */
  readonly driver: string;
  readonly connection: ConnectionOptions;
  readonly qos: QoS;
  readonly kind: 'queue' | 'topic' | 'publish-only';
  /** Without `$share`; empty for publish-only. */
  readonly filters: readonly string[];
  readonly group: string;
  readonly delivery: 'push' | 'pull' | 'auto';
  readonly onMessage: string;
  readonly publish: readonly string[] | undefined;
  readonly clientId: string | undefined;
  readonly onStop: 'keep' | 'leave';
  readonly sessionExpiry: number;
  readonly maxInFlight: number;
  readonly maxBytesInFlight: number;
  readonly order: 'topic' | 'none';
  readonly timeout: number;
  readonly retry: RetryConfig;
  readonly deadLetter: string | undefined;
  readonly transactional: boolean;
  /** Undefined: for ever. */
  readonly receiveTimeout: number | undefined;
  readonly format: 'cloudevents' | 'structured' | 'raw';
  readonly dedup: number | undefined;
}

/** `[guest]`; sizes are bytes. */
export interface GuestConfig {
  readonly memory: number;
  readonly instances: number;
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** `[telemetry]`. */
export interface TelemetryConfig {
  readonly log: LogLevel;
  readonly logFormat: 'auto' | 'json' | 'text';
  readonly http: { readonly host: string; readonly port: number } | undefined;
}

/** The whole of `app.toml`, checked, with every default filled in. Durations are milliseconds, sizes bytes. */
export interface HostConfig {
  /** Absolute path of the TOML file; undefined where the configuration was given as an object. */
  readonly file: string | undefined;
  readonly name: string;
  readonly stateDir: string;
  readonly stateMax: number;
  readonly durability: 'power' | 'process';
  readonly deadLetterKeep: number;
  readonly drain: number;
  /** Undefined: the default places are tried in turn. */
  readonly cacheDir: string | undefined;
  readonly guest: GuestConfig;
  readonly telemetry: TelemetryConfig;
  readonly bindings: readonly BindingConfig[];
  /** Key path, as `capability[0].config[1].qos`, to where its value came from. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** To be logged once at start and shown by `host check`. */
  readonly warnings: readonly string[];
  /** Every secret in the file (passwords, keys), to be struck out of whatever is printed. */
  readonly secrets: readonly string[];
}
