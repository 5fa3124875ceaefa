import type {
  DeliveryInfo,
  GuestOutcome,
  InterfaceLink,
  InvokeReply,
  InvokeRequest,
  PublishRequest,
} from '../../guest.ts';
import type { LogLevel, PubsubError, Result } from '../../types.ts';
import type { HandlerExport } from '../handler.ts';
import type { PreparedCore } from '../prepare.ts';

/**
 * So many calls, ends of calls, and publishes that wait are told of within a turn, and not only at its end: both threads
 * are at work at the same time then.
 */
export const MANY_CALLS = 16;
export const MANY_ENDS = 32;
export const MANY_PUBLISHES = 8;

/** What a worker is to run, sent to it before anything else. Compiled modules are shared between threads, not copied. */
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
  /** See `AskCells`. */
  readonly asks: SharedArrayBuffer;
  /** See `Exchange`. */
  readonly exchange: SharedArrayBuffer;
  /** What is handed on to whoever makes a worker's `Surely`; undefined where publishes are not in transactions. */
  readonly rules: unknown;
}

/** `wasi:pubsub/types.event`, as the guest gets it. */
export interface GuestEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: Uint8Array;
}

/** An event with what the guest may ask about it, where it can ask. */
export interface GuestMessage {
  readonly event: GuestEvent;
  readonly delivery: DeliveryInfo | undefined;
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
  /** Number of its `CallChain`; 0: none. */
  readonly chain: number;
  /** The binding whose message it is. */
  readonly binding: string | undefined;
  /** What the attributes take that its event has beside the record; 0 where nobody asks. */
  readonly attributeBytes: number;
  /** Without one it is a command that is run. */
  readonly message?: GuestMessage | undefined;
}

/** Calls that do not fit into an `Exchange`, packed: as objects, each would cost more to be handed to another thread. */
export interface CallBatch {
  /** Eleven numbers for each call, then the data of all events. */
  readonly bytes: ArrayBuffer;
  readonly count: number;
  /** Id, source and type of each event. */
  readonly text: string;
  /** What the calls call, and the bindings that they are of. */
  readonly handlers: readonly HandlerExport[];
  readonly bindings: readonly (string | undefined)[];
  /** For each call, where guests may ask. */
  readonly deliveries: readonly (DeliveryInfo | undefined)[] | undefined;
}

/** To a worker, and from one: there is something in the `Exchange`. */
export const LOOK = 0;

/** To a worker: what came together in one turn of the event loop. */
export interface ToWorker {
  /** Make the first instance now and say how it went. */
  readonly start?: boolean;
  readonly calls?: CallBatch;
  /** What handlers and bindings have the next numbers in `Exchange`; with the first call of each. */
  readonly handlers?: readonly HandlerExport[];
  readonly bindings?: readonly string[];
  /** Publishes that the broker has taken, by their ids. */
  readonly confirmed?: readonly number[];
  /** Other answers to publishes, by their ids. */
  readonly published?: readonly (readonly [number, Result<void, PubsubError>])[];
  /** Answers to pulls, by their ids. */
  readonly pulled?: readonly (readonly [number, PullReply])[];
  /** Answers to invocations, by their ids. */
  readonly invoked?: readonly (readonly [number, InvokeReply])[];
}

export type WorkerOutcome = Extract<GuestOutcome, { kind: 'ok' | 'err' | 'trap' | 'skipped' }>;

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

/** What handlers have published, packed; see `packPublishes`. */
export interface PublishBatch {
  readonly bytes: ArrayBuffer;
  readonly count: number;
  readonly text: string;
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

/** A call that has ended well is told by its id alone. */
export type Ended = number | ResultMessage;

/** From a worker. */
export interface FromWorker {
  /** How making the first instance went; an empty text is success. */
  readonly started?: string;
  /** Those that the `Exchange` says come by message, in its order. */
  readonly results?: readonly Ended[];
  readonly publishes?: readonly PublishMessage[];
  /** The same, packed, where all of them can be. */
  readonly packed?: PublishBatch;
  readonly buffered?: PublishBatch;
  /** The worker stands still until `AskCells` has the answer. */
  readonly ask?: PublishMessage;
  readonly pulls?: readonly PullMessage[];
  readonly invokes?: readonly InvokeMessage[];
  readonly output?: readonly OutputMessage[];
  /** Cost of `output` against the bound of `CallCells`. */
  readonly outputCost?: number;
}
