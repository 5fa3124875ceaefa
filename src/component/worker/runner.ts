import { unpackCalls } from '../call-batch.ts';
import { type CallCells, monotonicNow } from '../cells.ts';
import type { CallBatch, CallMessage, ToWorker, WorkerOutcome } from '../protocol.ts';
import { BrokenChains } from './broken-chains.ts';
import { Instance, type InstanceParts, instantiationFault } from './instance.ts';

const CONFIRMED = { ok: true, value: undefined } as const;

/** Runs calls on the instances of this worker, one at a time on each, in the order in which they came. */
export class Runner {
  readonly #parts: InstanceParts;
  readonly #cells: CallCells;
  readonly #instances = new Map<number, Instance>();
  readonly #queues = new Map<number, CallMessage[]>();
  readonly #broken = new BrokenChains();

  constructor(parts: InstanceParts, cells: CallCells) {
    this.#parts = parts;
    this.#cells = cells;
  }

  take({ start, calls, confirmed, published, pulled, invoked }: ToWorker): void {
    this.#cells.progressed();
    if (start) this.#start();
    for (const id of confirmed ?? []) this.#parts.publishes.answer(id, CONFIRMED);
    for (const [id, verdict] of published ?? []) this.#parts.publishes.answer(id, verdict);
    for (const [id, reply] of pulled ?? []) this.#parts.pulls.answer(id, reply);
    for (const [id, reply] of invoked ?? []) this.#parts.invokes.answer(id, reply);
    if (calls === undefined) return;
    if (this.#parts.setup.mode === 'sync') this.#runAll(calls);
    else unpackCalls(calls, (call) => this.#enqueue(call));
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

  #runAll(calls: CallBatch): void {
    const started = monotonicNow();
    unpackCalls(calls, (call) => this.#runSync(call));
    const [each, pace] = [(monotonicNow() - started) / calls.count, this.#cells.pace];
    // One batch that a busy machine, or making an instance, held up says little.
    this.#cells.pace = each < pace || pace === 0 ? each : pace + (each - pace) / 4;
  }

  #runSync(call: CallMessage): void {
    if (this.#skips(call)) return;
    const now = monotonicNow();
    this.#parts.outbox.flushIfOld(now);
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
    void this.#drain(call.instance, fresh);
  }

  /** Runs a queue until it is empty. Never rejects: instances do not. */
  async #drain(number: number, queue: CallMessage[]): Promise<void> {
    for (let call = queue[0]; call !== undefined; call = queue[0]) {
      if (this.#skips(call)) {
        queue.shift();
        continue;
      }
      await this.#parts.cpu.enter(call.cell);
      const now = monotonicNow();
      this.#parts.outbox.flushIfOld(now);
      const instance = this.#instanceFor(call, now);
      const outcome = instance instanceof Instance ? await instance.call(call) : instance;
      this.#parts.cpu.leave(call.cell);
      queue.shift();
      this.#ended(call, outcome);
    }
    this.#queues.delete(number);
  }

  /** Its cell still says that it is queued: should this thread end now, the next one must not run it either. */
  #skips({ id, chain }: CallMessage): boolean {
    if (!this.#broken.has(chain)) return false;
    this.#parts.outbox.result(id, { kind: 'skipped' });
    return true;
  }

  #ended(call: CallMessage, outcome: WorkerOutcome): void {
    if (outcome.kind !== 'ok') this.#broken.add(call.chain);
    if (outcome.kind === 'trap') {
      this.#instances.get(call.instance)?.end();
      this.#instances.delete(call.instance);
    }
    this.#cells.end(call.cell, outcome.kind === 'ok');
    this.#parts.outbox.result(call.id, outcome);
  }
}
