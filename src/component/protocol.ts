import type { DeliveryInfo, GuestOutcome, PublishRequest } from '../guest.ts';
import type { LogLevel, PubsubError, Result } from '../types.ts';
import type { HandlerExport } from './handler.ts';
import type { PreparedCore } from './prepare.ts';

/** What a worker is started with. Compiled modules are shared between threads, not copied. */
export interface WorkerSetup {
  readonly entry: string;
  readonly mode: 'sync' | 'jspi';
  readonly cores: ReadonlyMap<string, PreparedCore>;
  readonly waits: ReadonlyMap<string, readonly string[]>;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** See `CallCells`. */
  readonly cells: SharedArrayBuffer;
}

/** `wasi:pubsub/types.event`, as the guest gets it. */
export interface GuestEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: Uint8Array;
}

export interface CallMessage {
  readonly id: number;
  /** Where the worker notes how far the call has come. */
  readonly cell: number;
  /** Number of the instance that runs it, in this worker. */
  readonly instance: number;
  readonly handler: HandlerExport;
  readonly event: GuestEvent;
  readonly delivery: DeliveryInfo;
}

/** To a worker: what came together in one turn of the event loop. */
export interface ToWorker {
  /** Make the first instance now and say how it went. */
  readonly start?: boolean;
  readonly calls?: readonly CallMessage[];
  /** Answers to publishes, by their ids. */
  readonly published?: readonly (readonly [number, Result<void, PubsubError>])[];
}

export type WorkerOutcome = Extract<GuestOutcome, { kind: 'ok' | 'err' | 'trap' }>;

export interface ResultMessage {
  readonly id: number;
  readonly outcome: WorkerOutcome;
}

export interface PublishMessage {
  readonly id: number;
  /** The call whose handler published. */
  readonly call: number;
  readonly request: PublishRequest;
}

export interface OutputMessage {
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly level: LogLevel;
  readonly context: string;
  readonly text: string;
}

/** From a worker. */
export interface FromWorker {
  /** How making the first instance went; an empty text is success. */
  readonly started?: string;
  readonly results?: readonly ResultMessage[];
  readonly publishes?: readonly PublishMessage[];
  readonly output?: readonly OutputMessage[];
  /** Cost of `output` against the bound of `CallCells`. */
  readonly outputCost?: number;
}
