/** What passes between the host and a guest, and the port through which guests are run. Durations are milliseconds. */
import type { TransactionalPublish } from './journal.ts';
import type { CountedId, LogLevel, PubsubError, PubsubEvent, QoS, Result } from './types.ts';

/** `host:pubsub/delivery.delivery`. */
export interface DeliveryInfo {
  readonly topic: string;
  readonly qos: QoS;
  readonly retained: boolean;
  readonly redelivered: boolean;
  /** From 1. */
  readonly attempt: number;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly userProperties: readonly (readonly [string, string])[];
}

/**
 * What a guest publishes while one message is handled: committed with the handler's success, or thrown away with its
 * failure (DELIVERY, "Effects are publishes").
 */
export interface Transaction {
  readonly publishes: TransactionalPublish[];
  /** Of the data that they hold. */
  bytes: number;
}

export interface GuestCall {
  /** The binding whose message this is. */
  readonly binding: string;
  /** The config's `on_message`. */
  readonly handler: string;
  /** Of the message. */
  readonly topic: string;
  readonly event: PubsubEvent;
  /** The event's id, where it was counted: quicker to hand on than its text. */
  readonly counted?: CountedId | undefined;
  /** Looked at only for guests that may ask for it, and so made only then. */
  readonly delivery: DeliveryInfo;
  /** Deadline of the call, from when the guest's code starts. */
  readonly timeout: number;
  /** Takes what the guest publishes; without one each publish is confirmed by its broker. */
  readonly transaction?: Transaction | undefined;
  /** Any instance may take it (`order = "none"`), not only the one that its topic sticks to. */
  readonly spread?: boolean | undefined;
  readonly link?: ChainLink | undefined;
  /** Nobody outside waits for its end, as a broker does for an acknowledgement: that may be told a millisecond later. */
  readonly unhurried?: boolean | undefined;
  /**
   * Told how it ended: once, and never before {@link GuestPool.call} has returned. Calls that ended together are told
   * in order, once the end of each of them is known: by then a chain that one of them broke is broken.
   */
  ended(outcome: GuestOutcome): void;
}

/**
 * Calls of one topic that are handed over before those in front of them have ended, so that a topic does not have to
 * wait for another thread with each message. They run one after another, on one instance; once one has not ended with
 * `ok`, those behind it are not run: `skipped`.
 */
export interface CallChain {
  /** From 1. */
  readonly id: number;
  /** Calls that it has been given. */
  length: number;
  /** Place of the first that has not ended with `ok`; infinite as long as there is none. */
  brokenAt: number;
  /** Where the pool runs it. */
  seat: unknown;
}

/** One call of a {@link CallChain}. */
export interface ChainLink {
  readonly chain: CallChain;
  /** From 0. What ended in front of the one that broke the chain has ended well. */
  readonly place: number;
}

/** Whether one in front of a call in its chain has failed: its outcome does not count. */
export function isCutOff(link: ChainLink | undefined): boolean {
  return link !== undefined && link.place > link.chain.brokenAt;
}

export type GuestOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'err'; readonly error: PubsubError }
  /** `exitCode` where a command ended by `wasi:cli/exit` or with `err`. */
  | { readonly kind: 'trap'; readonly message: string; readonly exitCode?: number | undefined }
  | { readonly kind: 'timeout' }
  /** Lost because its worker was ended for another call's sake: not an attempt. */
  | { readonly kind: 'collateral' }
  /** Cut by {@link GuestPool.close}. */
  | { readonly kind: 'cut' }
  /** Not run: one in front of it in its {@link CallChain} has failed. Not an attempt. */
  | { readonly kind: 'skipped' };

/** Runs the guest. */
export interface GuestPool {
  /** How many calls may be outstanding before the caller should hold back; changes as calls come and go. */
  readonly capacity: number;
  /** Threads that run guests now. */
  readonly workers: number;
  /** How many calls of one topic are worth being in a {@link CallChain} behind the first now; left out: none. */
  readonly ahead?: number;
  /** A topic sticks to one instance while that lives, unless the call may be spread. Never throws. */
  call(call: GuestCall): void;
  /** Lets running calls finish until `timeout`, cuts the rest, ends the workers. */
  close(timeout: number): Promise<void>;
}

/** A message that a call asked for. */
export interface Pulled {
  readonly event: PubsubEvent;
  readonly delivery: DeliveryInfo;
  /** From being handed out to asking for the next one. */
  readonly timeout: number;
}

/** `draining`: the host stops, and nothing is handed out any more. */
export type PullAnswer = Result<Pulled, PubsubError> | 'draining';

export interface PullOptions {
  readonly stream: boolean;
  /** Requests whose messages the guest has not read, so that asking for the next does not settle them. */
  readonly unread?: readonly number[] | undefined;
}

/**
 * What one call asks for, and what it was handed and has not settled (DELIVERY, "Pull, stream, commands"). Requests are
 * named by whoever makes them.
 */
export interface GuestPull {
  /** Why a topic cannot be asked for. */
  check(topic: string): PubsubError | 'draining' | undefined;
  /**
   * Settles what the call holds of the bindings that cover `topic`, and waits for their next message: as a read of a
   * stream for ever, else up to `receive_timeout`. Never rejects.
   */
  next(request: number, topic: string, options: PullOptions): Promise<PullAnswer>;
  /** The request is given up: what it was handed was not read, and counts no attempt. */
  withdraw(request: number): void;
  /** What publishes belong to: the message received last, while it is held; not one of the `unread` requests. */
  current(unread?: readonly number[]): Omit<PublishContext, 'elapsed'> | undefined;
  /** The call is over: on success all that it holds is settled, else given back. */
  end(outcome: GuestOutcome): void;
}

/** `host:pubsub/publisher.options`. */
export interface PublishOptions {
  readonly retain: boolean;
  readonly contentType?: string | undefined;
  /** Seconds. */
  readonly expiry?: number | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly userProperties: readonly (readonly [string, string])[];
}

/** What a guest asked for with `publish` or `publish-with`. */
export interface PublishRequest {
  readonly topic: string;
  readonly event: PubsubEvent;
  readonly options?: PublishOptions | undefined;
}

/** The message that was being handled when a guest published. */
export interface PublishContext {
  readonly binding: string | undefined;
  readonly event: PubsubEvent | undefined;
  /** Deadline of the handling call. */
  readonly timeout: number;
  /** How much of `timeout` is over already, so that no publish outlives its call. */
  readonly elapsed: number;
  /** That of the handling call. */
  readonly transaction?: Transaction | undefined;
}

/** Main thread: takes a guest's publish through routes, grants and the broker. Never rejects. */
export type GuestPublish = (context: PublishContext, request: PublishRequest) => Promise<Result<void, PubsubError>>;

/** Main thread: takes a guest's publish into the transaction of its call, at once. */
export type GuestBuffer = (
  context: PublishContext & { readonly transaction: Transaction },
  request: PublishRequest,
) => Result<void, PubsubError>;

/** What the interfaces of one guest instance may use, on the worker's side. */
export interface GuestContext {
  readonly env: Readonly<Record<string, string>>;
  /** Argument 0 first. */
  readonly args: readonly string[];
  /** False where the component was transpiled without JSPI: then nothing may return a promise. */
  readonly mayWait: boolean;
  publish(request: PublishRequest): Promise<Result<void, PubsubError>>;
  /** Where nothing may wait: into the transaction of the call. Undefined where there is none. */
  readonly publishNow?: ((request: PublishRequest) => Result<void, PubsubError>) | undefined;
  receive(topic: string): Promise<Result<PubsubEvent, PubsubError>>;
  /** One event for each `next`, which never rejects; it ends with the call, and when the host stops. */
  stream(topic: string): Promise<Result<AsyncIterable<PubsubEvent>, PubsubError>>;
  /** The message being handled; when pulling, the one received last. */
  current(): DeliveryInfo | undefined;
  /** Has a function of the library's user called on the main thread. Never rejects. */
  invoke(request: InvokeRequest): Promise<InvokeReply>;
  /** One whole line, or one log record. */
  output(stream: 'stdout' | 'stderr' | 'log', level: LogLevel, context: string, text: string): void;
}

/** An interface that the host provides, for linking checks that load no guest. */
export interface ProvidedInterface {
  /** `namespace:package/interface`, without a version. */
  readonly name: string;
  /** Undefined: any. */
  readonly version: string | undefined;
  /** Functions that may have to wait for the outside: a component that imports one needs JSPI. */
  readonly waits: readonly string[];
}

/**
 * An import interface of the library's user. Functions are called by message on the main thread, and may be async: the
 * guest waits. A module is imported in each worker, and its exports are called there, synchronously. Names are those of
 * WIT in camelCase; arguments and results are as jco maps WIT to JavaScript.
 */
export type CustomInterface =
  | { readonly functions: Readonly<Record<string, CustomFunction>> }
  /** As `new URL('./sha.js', import.meta.url)`; a string must be a whole URL. */
  | { readonly module: URL | string };

/**
 * Gets the arguments that WIT names, and a {@link CallContext} behind them. Where the WIT type is a `result`, the typed
 * error is thrown: an `Error` with a property `payload` (see `WitError`), or a bare value. Any other error is a trap.
 */
export type CustomFunction = (...args: never[]) => unknown;

/** What a {@link CustomFunction} learns about the guest's call that it is called from. */
export interface CallContext {
  /** The binding whose message is handled, or was received last; undefined in a command that has received none. */
  readonly binding: string | undefined;
  /** That message. The same event comes again after a failed attempt. */
  readonly event: PubsubEvent | undefined;
  /** Aborted when the guest's call is over: it missed its deadline or was cut, and nobody waits for the function. */
  readonly signal: AbortSignal;
}

/** An interface that the library's user gave, as it is found in the component's imports. */
export interface GivenInterface {
  /** As it was given: `acme:clock/time@1.0.0`. */
  readonly key: string;
  readonly name: string;
  readonly version: string | undefined;
  /** URL of its module, or the names of its functions. */
  readonly source: { readonly module: string } | { readonly functions: readonly string[] };
}

/** A function that a component imports of an interface that was given. */
export interface LinkedFunction {
  /** Its WIT name, and that in generated code. */
  readonly wit: string;
  readonly js: string;
  /** Its WIT type is a `result`: it has typed errors. */
  readonly fallible: boolean;
}

/** An imported interface and what was given for it. */
export interface InterfaceLink {
  /** As the component imports it, with its version. */
  readonly import: string;
  /** {@link GivenInterface.key} */
  readonly key: string;
  /** URL of its module; undefined where functions are called by message. */
  readonly module: string | undefined;
  readonly functions: readonly LinkedFunction[];
}

export interface InvokeRequest {
  /** {@link GivenInterface.key} */
  readonly key: string;
  /** Its name in JavaScript. */
  readonly function: string;
  readonly args: readonly unknown[];
}

/** `err`: the typed error that was thrown; `fault`: any other, which ends the guest's call. */
export type InvokeReply =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'err'; readonly payload: unknown }
  | { readonly kind: 'fault'; readonly message: string };

/** Main thread: calls a function of the library's user. Never rejects. */
export type GuestInvoke = (request: InvokeRequest, context: CallContext) => Promise<InvokeReply>;
