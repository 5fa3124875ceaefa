import type {
  DeliveryInfo,
  GuestOutcome,
  InterfaceLink,
  InvokeReply,
  InvokeRequest,
  PublishRequest,
} from '../guest.ts';
import type { LogLevel, PubsubError, Result } from '../types.ts';
import type { HandlerExport } from './handler.ts';
import type { PreparedCore } from './prepare.ts';

/** What a worker is started with. Compiled modules are shared between threads, not copied. */
export interface WorkerSetup {
  readonly entry: string;
  readonly mode: 'sync' | 'jspi';
  readonly cores: ReadonlyMap<string, PreparedCore>;
  readonly waits: ReadonlyMap<string, readonly string[]>;
  readonly links: readonly InterfaceLink[];
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

/** An event with what the guest may ask about it. */
export interface GuestMessage {
  readonly event: GuestEvent;
  readonly delivery: DeliveryInfo;
}

/** Answer to a {@link PullMessage}; without a message it is a stream that was opened. `end`: of a stream. */
export type PullReply = Result<GuestMessage | undefined, PubsubError> | 'end';

export interface CallMessage {
  readonly id: number;
  /** Where the worker notes how far the call has come. */
  readonly cell: number;
  /** Number of the instance that runs it, in this worker. */
  readonly instance: number;
  readonly handler: HandlerExport;
  /** Without one it is a command that is run. */
  readonly message?: GuestMessage | undefined;
}

/** To a worker: what came together in one turn of the event loop. */
export interface ToWorker {
  /** Make the first instance now and say how it went. */
  readonly start?: boolean;
  readonly calls?: readonly CallMessage[];
  /** Answers to publishes, by their ids. */
  readonly published?: readonly (readonly [number, Result<void, PubsubError>])[];
  /** Answers to pulls, by their ids. */
  readonly pulled?: readonly (readonly [number, PullReply])[];
  /** Answers to invocations, by their ids. */
  readonly invoked?: readonly (readonly [number, InvokeReply])[];
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
  /** As in {@link PullMessage}: what it publishes is not for them. */
  readonly unread?: readonly number[] | undefined;
}

/** A call of a function that the library's user gave. */
export interface InvokeMessage {
  readonly id: number;
  readonly call: number;
  readonly request: InvokeRequest;
  /** As in {@link PullMessage}: it is not called for them. */
  readonly unread?: readonly number[] | undefined;
}

/** What a guest asks for. `open`: whether the topic may be streamed. `withdraw` has no answer, and takes back the request of its id. */
export interface PullMessage {
  readonly id: number;
  readonly call: number;
  readonly ask: 'receive' | 'open' | 'read' | 'withdraw';
  readonly topic: string;
  /** Other requests of the call whose messages it has not read: asking for the next does not settle them. */
  readonly unread?: readonly number[] | undefined;
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
  readonly pulls?: readonly PullMessage[];
  readonly invokes?: readonly InvokeMessage[];
  readonly output?: readonly OutputMessage[];
  /** Cost of `output` against the bound of `CallCells`. */
  readonly outputCost?: number;
}
