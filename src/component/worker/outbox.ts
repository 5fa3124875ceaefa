import type { PublishRequest } from '../../guest.ts';
import { type CallCells, monotonicNow } from '../exchange/cells.ts';
import type { Exchange } from '../exchange/exchange.ts';
import {
  type CallMessage,
  type Ended,
  type FromWorker,
  type InvokeMessage,
  LOOK,
  MANY_PUBLISHES,
  type OutputMessage,
  type PublishMessage,
  type PullMessage,
  type WorkerOutcome,
} from '../exchange/protocol.ts';
import { canPack, type PackedPublish, packPublishes } from '../exchange/publish-batch.ts';
import { compactRequest } from './compact-request.ts';
import { Ends } from './ends.ts';
import { soon } from './soon.ts';

/** Output that may be on its way to the main thread, in characters with a charge for each line. */
const OUTPUT_BOUND = 1_048_576;
const LINE_CHARGE = 64;
/** A single line is cut at this many characters. */
const LINE_BOUND = 65_536;
/** Milliseconds after which results and output leave although the guest goes on running. */
const PATIENCE = 1;

type Post = (message: FromWorker | typeof LOOK, transfer?: ArrayBuffer) => void;

function compacted(publish: PublishMessage): PublishMessage {
  return { ...publish, request: compactRequest(publish.request) };
}

/** What this worker has to tell the main thread, sent in batches. */
export class Outbox {
  readonly #post: Post;
  readonly #cells: CallCells;
  readonly #ends: Ends;
  /** The call may have put something here, which has to be there before its result. Any may, of those that overlap. */
  #hasSpoken = true;
  #results: Ended[] = [];
  #publishes: PublishMessage[] = [];
  #buffered: PackedPublish[] = [];
  #pulls: PullMessage[] = [];
  #invokes: InvokeMessage[] = [];
  #output: OutputMessage[] = [];
  #outputCost = 0;
  #outputSent = 0;
  #oldest: number | undefined;
  #scheduled = false;

  constructor(post: Post, cells: CallCells, exchange: Exchange) {
    this.#post = post;
    this.#cells = cells;
    this.#ends = new Ends(exchange, () => post(LOOK));
  }

  /** A call begins, and is the only one until its end. */
  begin(): void {
    this.#hasSpoken = false;
  }

  /** A call has ended. */
  result({ id, cell }: Pick<CallMessage, 'id' | 'cell'>, outcome: WorkerOutcome): void {
    const isByMessage = this.#hasSpoken || outcome.kind !== 'ok';
    if (isByMessage) this.#results.push(outcome.kind === 'ok' ? id : { id, outcome });
    if (this.#ends.add(id, cell, isByMessage)) this.flush();
    else this.#added();
  }

  /** Into the transaction of its call. */
  buffer(call: number, request: PublishRequest): void {
    this.#hasSpoken = true;
    this.#buffered.push({ id: 0, call, request });
    this.#added();
  }

  /** After what was buffered before. */
  ask({ id, call, request }: PublishMessage): void {
    this.#hasSpoken = true;
    // Not `flush`: what is out of stack must not have it that the main thread was told.
    this.#postAll();
    this.#post({ ask: { id, call, request: compactRequest(request) } });
    this.#ends.told();
  }

  publish(publish: PublishMessage): void {
    const count = this.#publishes.push(publish);
    this.#added();
    // Not from within the guest, which may be out of stack.
    if (count === MANY_PUBLISHES) soon(() => this.flush());
  }

  pull(pull: PullMessage): void {
    this.#pulls.push(pull);
    // Whoever asks has nothing else to do.
    queueMicrotask(() => this.flush());
  }

  invoke(invoke: InvokeMessage): void {
    this.#invokes.push(invoke);
    queueMicrotask(() => this.flush());
  }

  /** Takes a line, or counts it as dropped where the main thread has not made room yet. */
  output(line: OutputMessage): void {
    this.#hasSpoken = true;
    const text = line.text.length > LINE_BOUND ? `${line.text.slice(0, LINE_BOUND)}…` : line.text;
    const cost = text.length + line.context.length + LINE_CHARGE;
    const underway = (this.#outputSent - this.#cells.outputTaken) | 0;
    if (underway + this.#outputCost + cost > OUTPUT_BOUND) {
      this.#cells.dropOutput();
      return;
    }
    this.#output.push({ ...line, text });
    this.#outputCost += cost;
    this.#added();
    this.flushIfOld();
  }

  started(fault: string): void {
    this.#post({ started: fault });
  }

  /** Before more guest code runs: what waits must not wait for that as well. */
  flushIfOld(now: number = monotonicNow()): void {
    if (this.#oldest !== undefined && now - this.#oldest >= PATIENCE) this.flush();
  }

  flush(): void {
    if (!this.#postAll()) this.#ends.tell();
  }

  /** Posts all that cannot be told otherwise; false where there is nothing. */
  #postAll(): boolean {
    this.#oldest = undefined;
    const buffered = this.#buffered.length > 0 ? packPublishes(this.#buffered) : undefined;
    const packed = this.#publishes.length > 0 && canPack(this.#publishes) ? packPublishes(this.#publishes) : undefined;
    const message = {
      ...(packed !== undefined && { packed }),
      ...(buffered !== undefined && { buffered }),
      ...(this.#results.length > 0 && { results: this.#results }),
      ...(this.#publishes.length > 0 && packed === undefined && { publishes: this.#publishes.map(compacted) }),
      ...(this.#pulls.length > 0 && { pulls: this.#pulls }),
      ...(this.#invokes.length > 0 && { invokes: this.#invokes }),
      ...(this.#output.length > 0 && { output: this.#output, outputCost: this.#outputCost }),
    };
    if (Object.keys(message).length === 0) return false;
    // A guest that publishes may be out of stack: what could not be posted is not lost with it.
    this.#post(message, buffered?.bytes ?? packed?.bytes);
    this.#outputSent = (this.#outputSent + this.#outputCost) | 0;
    this.#ends.told();
    this.#results = [];
    this.#publishes = [];
    this.#buffered = [];
    this.#pulls = [];
    this.#invokes = [];
    this.#output = [];
    this.#outputCost = 0;
    return true;
  }

  #added(): void {
    this.#oldest ??= monotonicNow();
    if (this.#scheduled) return;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#postAll()) this.#ends.tellInTime();
    });
    // Only now, for the same reason.
    this.#scheduled = true;
  }
}
