import { type GuestInvoke, type GuestOutcome, type GuestPull, isCutOff } from '../../guest.ts';
import type { Telemetry } from '../../status.ts';
import { CELLS } from '../exchange/cells.ts';
import { type FromWorker, MANY_ENDS, type PullMessage } from '../exchange/protocol.ts';
import { worthChaining } from './chained.ts';
import { takeEnded } from './ended.ts';
import { endedWell, type Held, isResting, SKIPPED, subject, wellEnded } from './held.ts';
import { HeldCalls } from './held-calls.ts';
import { Invocations } from './invoking.ts';
import { lateCalls, loopingReaders } from './late.ts';
import { Liveness } from './liveness.ts';
import { GuestOutput } from './output.ts';
import { type PublishingParts, takePublishes } from './publishing.ts';
import { pull } from './pulling.ts';
import type { Spares } from './spare.ts';
import type { Thread } from './thread.ts';
import { Watch } from './watch.ts';

export interface SlotParts extends PublishingParts {
  readonly spares: Spares;
  /** What one call may ask for; undefined where nothing can be received. */
  readonly openPull?: (() => GuestPull) | undefined;
  readonly invoke?: GuestInvoke | undefined;
  readonly telemetry: Pick<Telemetry, 'report'>;
  /** A call is over. What its worker has told of together is settled together, and told after that. */
  readonly settled: (held: Held, outcome: GuestOutcome) => void;
}

/** The place of one worker: its calls outlive the thread that runs them. */
export class Slot {
  readonly #parts: SlotParts;
  readonly #pending = new HeldCalls();
  /** Bounded by the windows of the bindings: topics that stick here can outnumber the cells. */
  readonly #waiting: Held[] = [];
  readonly #freeCells = Array.from({ length: CELLS }, (_, index) => CELLS - 1 - index);
  readonly #invocations: Invocations;
  /** Calls of {@link Held.isAwaited}. */
  #awaited = 0;
  #thread: Thread | undefined;
  #output: GuestOutput | undefined;
  readonly #watching = new Watch(() => this.#look());
  #starting: { resolve(fault: string): void } | undefined;
  /** Threads in a row that died without having done anything: the next one comes more and more slowly. */
  #failures = 0;
  readonly #liveness = new Liveness();
  #closed = false;

  constructor(parts: SlotParts) {
    this.#parts = parts;
    this.#invocations = new Invocations(parts.invoke);
    this.#replace();
  }

  /** It has a thread. */
  get running(): boolean {
    return this.#thread !== undefined;
  }

  /** Calls that wait for room in the worker. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many calls of one chain are worth being here at once. */
  get ahead(): number {
    return worthChaining(this.#thread?.cells.pace ?? 0, this.#freeCells.length);
  }

  /** Calls that it holds, those that wait included. */
  get load(): number {
    return this.#pending.size + this.#waiting.length;
  }

  /** Makes the first instance; resolves with what went wrong, or an empty text. */
  start(timeout: number): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => {
      const fault = `the guest's start did not end within ${timeout} ms`;
      this.#die(fault, 'deadline');
      this.#starting?.resolve(fault);
    }, timeout);
    this.#starting = {
      resolve: (fault) => {
        clearTimeout(timer);
        this.#starting = undefined;
        resolve(fault);
      },
    };
    this.#thread?.start();
    return promise;
  }

  /** Hands up to {@link CELLS} calls to the worker; the rest waits here for room. */
  submit(held: Held): void {
    if (isCutOff(held.call.link)) {
      this.#parts.settled(held, SKIPPED);
      return;
    }
    const cell = this.#freeCells.pop();
    if (cell === undefined) {
      this.#waiting.push(held);
      return;
    }
    held.cell = cell;
    this.#pending.add(held);
    if (held.isAwaited) this.#awaited++;
    if (this.#thread !== undefined) this.#send(this.#thread, held);
    this.#watch();
  }

  /** Settles what is left with `cut`, unless its cell says that it ended well, and ends the thread. */
  close(): void {
    this.#closed = true;
    this.#starting?.resolve('the host is stopping');
    if (this.#thread !== undefined) this.#takeEnded(this.#thread);
    for (const pending of this.#pending.all()) {
      const done = this.#thread !== undefined && endedWell(this.#thread.cells, pending);
      this.#settle(pending, { kind: done ? 'ok' : 'cut' });
    }
    for (const held of this.#waiting.splice(0)) this.#parts.settled(held, { kind: 'cut' });
    this.#watching.end();
    this.#output?.finish();
    if (this.#thread !== undefined) this.#parts.spares.retire(this.#thread);
    this.#thread = undefined;
  }

  #send(thread: Thread, held: Held): void {
    thread.isAwaited = this.#isAwaited;
    thread.cells.reset(held.cell);
    thread.call(held, this.#parts.attributeBytes?.(held.call.event?.attributes) ?? 0);
  }

  /** Also where room is short, and where the worker would run dry before it has ended so many that it tells of them. */
  get #isAwaited(): boolean {
    return this.#awaited > 0 || this.#freeCells.length < CELLS / 2 || this.ahead < MANY_ENDS;
  }

  #settle(pending: Held, ended: GuestOutcome): void {
    if (!this.#pending.delete(pending)) return;
    if (pending.isAwaited) this.#awaited--;
    const outcome: GuestOutcome = pending.draining && ended.kind !== 'ok' ? { kind: 'cut' } : ended;
    const { link } = pending.call;
    if (link !== undefined && outcome.kind !== 'ok') link.chain.brokenAt = Math.min(link.chain.brokenAt, link.place);
    this.#freeCells.push(pending.cell);
    pending.pull?.end(outcome);
    this.#invocations.ended(pending.id);
    // One that is skipped takes up no room.
    while (!this.#closed && this.#waiting.length > 0 && this.#freeCells.length > 0) {
      const next = this.#waiting.shift();
      if (next !== undefined) this.submit(next);
    }
    this.#parts.settled(pending, outcome);
  }

  /** Looks at the calls from now on, until there is nothing to see. */
  #watch(): void {
    if (this.#closed) return;
    if (!this.#watching.isOn) this.#liveness.restart();
    this.#watching.often();
  }

  /** Settles calls that ended although the worker has not said so yet, and ends a worker that is past a deadline. */
  #look(): void {
    const [held, thread] = [this.#pending.all(), this.#thread];
    if (held.every((call) => isResting(thread?.cells, call))) {
      if (held.some(({ call }) => Number.isFinite(call.timeout))) this.#watching.seldom();
      else this.#watching.end();
    }
    if (thread === undefined) return;
    this.#takeEnded(thread);
    for (const pending of this.#pending.all()) {
      if (endedWell(thread.cells, pending)) this.#settle(pending, { kind: 'ok' });
    }
    const [late] = lateCalls(thread.cells, this.#pending.all());
    if (late !== undefined) this.#die(`a call ${subject(late)} ran longer than ${late.timeout} ms`, 'deadline');
    else this.#checkProgress(thread);
  }

  /** Ends a worker that takes up nothing. */
  #checkProgress(thread: Thread): void {
    const held = this.#pending.all();
    const patience = this.#liveness.stuckFor(thread, held, this.#starting !== undefined);
    if (patience === undefined) return;
    const looping = loopingReaders(thread.cells, held);
    for (const reader of looping) this.#settle(reader, { kind: 'timeout' });
    if (looping.length === 0) this.#failures++;
    const what =
      looping.length > 0 ? 'a call loops beside a read of a stream' : 'a handler that has returned still runs';
    this.#die(`took up nothing for ${patience} ms: ${what}`, 'deadline');
  }

  #received(thread: Thread, message: FromWorker): void {
    if (this.#pending.size > 0) this.#watch();
    if (message.started !== undefined) this.#starting?.resolve(message.started);
    // Before the results: a publish that came with its call's result is part of it.
    if ((message.publishes ?? message.packed ?? message.buffered ?? message.ask) !== undefined)
      takePublishes(thread, message, this.#pending, this.#parts);
    for (const asked of message.pulls ?? []) this.#pull(thread, asked);
    for (const asked of message.invokes ?? [])
      this.#invocations.invoke(this.#pending.get(asked.call), asked, (reply) => thread.invoked(asked.id, reply));
    for (const ended of message.results ?? []) {
      this.#takeEnded(thread);
      const pending = this.#pending.get(typeof ended === 'number' ? ended : ended.id);
      if (pending !== undefined) this.#settle(pending, typeof ended === 'number' ? wellEnded(pending) : ended.outcome);
      thread.results.pass();
    }
    this.#takeEnded(thread);
    if (message.results !== undefined || message.started === '') this.#succeeded();
    if (message.output !== undefined) this.#output?.take(message.output, message.outputCost ?? 0);
  }

  /** Settles what has ended well, up to what comes by message. */
  #takeEnded({ results }: Thread): void {
    if (takeEnded(results, this.#pending, (held) => this.#settle(held, wellEnded(held)))) this.#succeeded();
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#parts.spares.succeeded();
  }

  #pull(thread: Thread, message: PullMessage): void {
    pull(this.#pending.get(message.call), message, {
      open: this.#parts.openPull,
      reply: (id, reply) => {
        thread.pulled(id, reply);
        this.#watch();
      },
      drained: (held) => {
        // What it holds of other bindings stays with the broker, or in the journal.
        held.pull?.end({ kind: 'cut' });
        this.#settle(held, { kind: 'ok' });
      },
    });
  }

  /** The thread is over or is ended here: every call of it is settled or kept for the next thread. */
  #die(reason: string, how: 'deadline' | 'death'): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    this.#parts.spares.retire(thread);
    this.#output?.finish();
    this.#parts.telemetry.report({ kind: 'worker', event: 'ended', reason });
    const late = lateCalls(thread.cells, this.#pending.all());
    for (const pending of this.#pending.all()) {
      const state = thread.cells.state(pending.cell);
      // A command is not run a second time, not even where its first time may not have begun.
      if (state === 'queued' && pending.call.event !== undefined) continue;
      if (endedWell(thread.cells, pending)) this.#settle(pending, { kind: 'ok' });
      else if (late.includes(pending)) this.#settle(pending, { kind: 'timeout' });
      else if (how === 'death' && (state === 'running' || state === 'queued'))
        this.#settle(pending, { kind: 'trap', message: reason });
      else this.#settle(pending, { kind: 'collateral' });
    }
    // What is behind one that has failed is not run; the rest is, by the next thread.
    for (const pending of this.#pending.all()) if (isCutOff(pending.call.link)) this.#settle(pending, SKIPPED);
    this.#starting?.resolve(reason);
    this.#replace(reason);
  }

  #replace(reason?: string): void {
    this.#parts.spares.take(this.#failures, (thread) => {
      if (this.#closed) {
        this.#parts.spares.retire(thread);
        return;
      }
      this.#thread = thread;
      this.#liveness.restart();
      this.#output = new GuestOutput(thread.cells, this.#parts.telemetry);
      if (this.#starting !== undefined) thread.start();
      for (const pending of this.#pending.all()) this.#send(thread, pending);
      thread.attach({
        message: (message) => this.#received(thread, message),
        results: () => this.#takeEnded(thread),
        ended: (death) => {
          this.#takeEnded(thread);
          this.#failures++;
          this.#die(death, 'death');
        },
        line: (text) => this.#line(text),
      });
      if (reason !== undefined) this.#parts.telemetry.report({ kind: 'worker', event: 'replaced', reason });
    });
  }

  #line(text: string): void {
    this.#parts.telemetry.report({ kind: 'guest-output', stream: 'stderr', level: 'debug', context: 'worker', text });
  }
}
