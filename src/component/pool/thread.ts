import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import type { InvokeReply } from '../../guest.ts';
import type { PubsubError, Result } from '../../types.ts';
import { AskCells } from '../exchange/ask-cells.ts';
import { CallCells } from '../exchange/cells.ts';
import { Exchange } from '../exchange/exchange.ts';
import {
  type FromWorker,
  LOOK,
  MANY_CALLS,
  type PullReply,
  type ToWorker,
  type WorkerSetup,
} from '../exchange/protocol.ts';
import type { Ring } from '../exchange/ring.ts';
import { CallWriter, type SentCall } from './call-writer.ts';

/** JavaScript heap of a worker, in MiB, unless told. */
export const HEAP = 256;

export interface ThreadOptions {
  readonly workerUrl: URL;
  /** JavaScript heap, in MiB: bounds what a guest can make the host's side of its imports hold. */
  readonly heap: number;
}

/** What a thread is to run. */
export interface ThreadSetup {
  readonly setup: Omit<WorkerSetup, 'cells' | 'asks' | 'exchange'>;
  /** Guests may ask for what is known of their message beside its event. */
  readonly delivers: boolean;
}

export interface ThreadSink {
  message(message: FromWorker): void;
  /** Calls may have ended. */
  results(): void;
  /** The worker has ended by itself. Not called after {@link Thread.end}. */
  ended(reason: string): void;
  /** A line that the generated code or Node wrote. */
  line(text: string): void;
}

/** What of this process's Node options a worker takes over: package conditions, and nothing that debugs or preloads. */
export function inheritedOptions(options: readonly string[]): string[] {
  return options.flatMap((option, index) => {
    if (option.startsWith('--conditions=')) return [option];
    const value = options[index + 1];
    return (option === '--conditions' || option === '-C') && value !== undefined ? [`--conditions=${value}`] : [];
  });
}

/** Nothing of this process's environment but where the host's own compiled code is kept, if it is. */
function compileCache(): Record<string, string> {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}

/** One worker thread: messages of a turn go out together, or sooner where they are many, and a death is reported once. */
export class Thread {
  readonly cells = new CallCells();
  readonly asks = new AskCells();
  readonly #exchange = new Exchange();
  readonly #worker: Worker;
  #delivers = false;
  readonly #calls = new CallWriter(this.#exchange);
  #isAwaited = false;
  /** Calls that it was not told of. */
  #untold = 0;
  #confirmed: number[] = [];
  #published: [number, Result<void, PubsubError>][] = [];
  #pulled: [number, PullReply][] = [];
  #start = false;
  #scheduled = false;
  #sink: ThreadSink | undefined;
  #death: string | undefined;
  #over = false;

  /** It loads the host's side by itself, and the component when it is set up. */
  constructor({ workerUrl, heap }: ThreadOptions) {
    this.#worker = new Worker(workerUrl, {
      env: compileCache(),
      argv: [],
      execArgv: inheritedOptions([...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]),
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: Math.min(32, heap) },
    });
    this.#worker.on('message', (message: FromWorker | typeof LOOK) => {
      if (message !== LOOK) this.#sink?.message(message);
      else this.#look();
    });
    this.#worker.on('error', (error) => {
      this.#death ??= messageOf(error).split('\n', 1)[0] ?? '';
    });
    this.#worker.on('exit', () => this.#exited());
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) this.#read(stream);
  }

  /** Once, before anything else is sent to it. */
  setUp({ setup, delivers }: ThreadSetup): void {
    this.#delivers = delivers;
    this.#worker.postMessage({
      ...setup,
      cells: this.cells.buffer,
      asks: this.asks.buffer,
      exchange: this.#exchange.buffer,
    } satisfies WorkerSetup);
  }

  /** Takes the thread into use; a death that was before is reported at once. */
  attach(sink: ThreadSink): void {
    this.#sink = sink;
    if (this.#over) sink.ended(this.#reason());
  }

  /** Calls that have ended, in order: see `Exchange`. */
  get results(): Ring {
    return this.#exchange.results;
  }

  /** Whether something waits for results: see `Exchange`. */
  set isAwaited(value: boolean) {
    if (value === this.#isAwaited) return;
    this.#isAwaited = value;
    this.#exchange.isAwaited = value;
  }

  /** Milliseconds that its event loop has waited in all: stands still while guest code runs. */
  get idle(): number {
    return this.#worker.performance.eventLoopUtilization().idle;
  }

  get over(): boolean {
    return this.#over;
  }

  start(): void {
    this.#start = true;
    this.#schedule();
  }

  call(sent: SentCall, attributeBytes: number): void {
    this.#calls.write(sent, attributeBytes, this.#delivers);
    if (++this.#untold < MANY_CALLS) this.#schedule();
    else this.#sendNow();
  }

  published(id: number, verdict: Result<void, PubsubError>): void {
    if (verdict.ok) this.#confirmed.push(id);
    else this.#published.push([id, verdict]);
    this.#schedule();
  }

  pulled(id: number, reply: PullReply): void {
    this.#pulled.push([id, reply]);
    // It is waited for.
    queueMicrotask(() => this.#send());
  }

  /** On its own, for it is waited for and the value may be one that cannot be posted. */
  invoked(id: number, reply: InvokeReply): void {
    if (this.#over) return;
    const post = (sent: InvokeReply) => this.#worker.postMessage({ invoked: [[id, sent]] } satisfies ToWorker);
    try {
      post(reply);
    } catch (error) {
      post({ kind: 'fault', message: `returned what cannot be handed on: ${messageOf(error)}` });
    }
  }

  /** Ends the thread, whatever it is doing; nothing is reported after this. */
  async end(): Promise<void> {
    this.#sink = undefined;
    await this.#worker.terminate();
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (text) => this.#sink?.line(text));
  }

  #exited(): void {
    this.#over = true;
    this.#sink?.ended(this.#reason());
  }

  #reason(): string {
    return this.#death ?? 'the worker exited';
  }

  /** From now on it has to tell again. */
  #look(): void {
    this.#exchange.results.rest();
    this.#sink?.results();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      // What has ended meanwhile need not wait to be told.
      this.#sink?.results();
      this.#send();
    });
  }

  /** What it throws ends the process, as at the end of a turn: it is not for who happens to call. */
  #sendNow(): void {
    try {
      this.#send();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }

  #send(): void {
    if (this.#over) return;
    const posted = this.#calls.take(this.#delivers);
    const message: ToWorker = {
      ...(this.#start && { start: true }),
      ...(this.#confirmed.length > 0 && { confirmed: this.#confirmed }),
      ...(this.#published.length > 0 && { published: this.#published }),
      ...(this.#pulled.length > 0 && { pulled: this.#pulled }),
      ...posted?.first,
    };
    const hasCalls = this.#untold > 0;
    [this.#start, this.#confirmed, this.#published, this.#pulled, this.#untold] = [false, [], [], [], 0];
    if (Object.keys(message).length > 0) this.#post(message);
    else if (hasCalls && this.#exchange.calls.mustTell()) this.#worker.postMessage(LOOK);
    for (const calls of posted?.others ?? []) this.#post({ calls });
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message, message.calls === undefined ? [] : [message.calls.bytes]);
  }
}
