import { type CallCells, monotonicNow } from '../exchange/cells.ts';
import { type CallMessage, LOOK, type ToWorker, type WorkerOutcome } from '../exchange/protocol.ts';
import { BrokenChains } from './broken-chains.ts';
import type { Calls } from './calls.ts';
import { Instance, type InstanceParts, instantiationFault } from './instance.ts';
import { soon } from './soon.ts';

/** Milliseconds after which the event loop has its turn although there are more calls. */
const TURN = 1;

const CONFIRMED = { ok: true, value: undefined } as const;

/** Runs calls on the instances of this worker, one at a time on each, in the order in which they came. */
export class Runner {
  readonly #parts: InstanceParts;
  readonly #cells: CallCells;
  readonly #calls: Calls;
  /** The calls that there are are taken in a turn that comes. */
  #isDue = false;
  readonly #instances = new Map<number, Instance>();
  readonly #queues = new Map<number, CallMessage[]>();
  readonly #broken = new BrokenChains();

  constructor(parts: InstanceParts, cells: CallCells, calls: Calls) {
    this.#parts = parts;
    this.#cells = cells;
    this.#calls = calls;
  }

  take(message: ToWorker | typeof LOOK): void {
    this.#cells.progressed();
    if (message !== LOOK) this.#takeIn(message);
    // Else it goes on by itself.
    if (!this.#isDue) this.#goOn();
  }

  #takeIn(message: ToWorker): void {
    const { start, confirmed, published, pulled, invoked } = message;
    if (start) this.#start();
    for (const id of confirmed ?? []) this.#parts.publishes.answer(id, CONFIRMED);
    for (const [id, verdict] of published ?? []) this.#parts.publishes.answer(id, verdict);
    for (const [id, reply] of pulled ?? []) this.#parts.pulls.answer(id, reply);
    for (const [id, reply] of invoked ?? []) this.#parts.invokes.answer(id, reply);
    this.#calls.add(message);
  }

  /** Runs what there is, and looks once more in the next turn before it rests: to be told costs more. */
  #goOn(): void {
    const ran = this.#parts.setup.mode === 'sync' ? this.#runAll() : this.#enqueueAll();
    if (ran === 0 && this.#calls.rest()) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#goOn();
    });
  }

  #start(): void {
    try {
      this.#instance(0);
      this.#parts.outbox.started('');
    } catch (thrown) {
      this.#parts.outbox.started(instantiationFault(thrown));
    }
  }

  #instance(number: number): Instance {
    const existing = this.#instances.get(number);
    if (existing !== undefined) return existing;
    const made = new Instance(this.#parts);
    this.#instances.set(number, made);
    return made;
  }

  /** The instance for a call, or the outcome where it cannot be made. Its making counts as the guest's time. */
  #instanceFor(call: CallMessage, now: number): Instance | WorkerOutcome {
    this.#cells.start(call.cell, now);
    const existing = this.#instances.get(call.instance);
    if (existing !== undefined) return existing;
    try {
      const made = this.#instance(call.instance);
      this.#cells.start(call.cell);
      return made;
    } catch (thrown) {
      return { kind: 'trap', message: `the guest cannot be instantiated: ${instantiationFault(thrown)}` };
    }
  }

  /** How many it has run. */
  #runAll(): number {
    const started = monotonicNow();
    let [count, now] = [0, started];
    for (let call = this.#calls.next(); call !== undefined; call = this.#calls.next()) {
      this.#runSync(call, now);
      count++;
      now = monotonicNow();
      if (now - started > TURN) break;
    }
    if (count === 0) return 0;
    const [each, pace] = [(now - started) / count, this.#cells.pace];
    // One that a busy machine, or making an instance, held up says little.
    this.#cells.pace = each < pace || pace === 0 ? each : pace + (each - pace) / 4;
    return count;
  }

  #enqueueAll(): number {
    let count = 0;
    for (let call = this.#calls.next(); call !== undefined; call = this.#calls.next(), count++) this.#enqueue(call);
    return count;
  }

  #runSync(call: CallMessage, now: number): void {
    if (this.#skips(call)) return;
    this.#parts.outbox.flushIfOld(now);
    this.#parts.outbox.begin();
    const instance = this.#instanceFor(call, now);
    if (!(instance instanceof Instance)) this.#ended(call, instance);
    else this.#ended(call, instance.callSync(call));
  }

  #enqueue(call: CallMessage): void {
    const queue = this.#queues.get(call.instance);
    if (queue !== undefined) {
      queue.push(call);
      return;
    }
    const fresh = [call];
    this.#queues.set(call.instance, fresh);
    this.#drain(call.instance, fresh);
  }

  /** Begins the next call of a queue; its end begins the one behind it. */
  #drain(number: number, queue: CallMessage[]): void {
    for (let call = queue[0]; call !== undefined; call = queue[0]) {
      if (!this.#skips(call)) {
        this.#begin(call, queue);
        return;
      }
      queue.shift();
    }
    this.#queues.delete(number);
  }

  #begin(call: CallMessage, queue: CallMessage[]): void {
    this.#parts.cpu.enter(call.cell, () => soon(() => this.#run(call, queue)));
  }

  #run(call: CallMessage, queue: CallMessage[]): void {
    const now = monotonicNow();
    this.#parts.outbox.flushIfOld(now);
    const instance = this.#instanceFor(call, now);
    const ended = (outcome: WorkerOutcome) => {
      this.#parts.cpu.leave(call.cell);
      queue.shift();
      this.#ended(call, outcome);
      this.#drain(call.instance, queue);
    };
    if (instance instanceof Instance) instance.call(call, ended);
    else ended(instance);
  }

  /** Its cell still says that it is queued: should this thread end now, the next one must not run it either. */
  #skips(call: CallMessage): boolean {
    if (!this.#broken.has(call.chain)) return false;
    this.#parts.outbox.result(call, { kind: 'skipped' });
    return true;
  }

  #ended(call: CallMessage, outcome: WorkerOutcome): void {
    if (outcome.kind !== 'ok') this.#broken.add(call.chain);
    if (outcome.kind === 'trap') {
      this.#instances.get(call.instance)?.end();
      this.#instances.delete(call.instance);
    }
    this.#cells.end(call.cell, outcome.kind === 'ok');
    this.#parts.outbox.result(call, outcome);
  }
}
