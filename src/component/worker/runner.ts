import type { CallCells } from '../cells.ts';
import type { CallMessage, ResultMessage, ToWorker, WorkerOutcome } from '../protocol.ts';
import { Instance, type InstanceParts, instantiationFault } from './instance.ts';

/** Runs calls on the instances of this worker, one at a time on each, in the order in which they came. */
export class Runner {
  readonly #parts: InstanceParts;
  readonly #cells: CallCells;
  readonly #instances = new Map<number, Instance>();
  readonly #queues = new Map<number, CallMessage[]>();

  constructor(parts: InstanceParts, cells: CallCells) {
    this.#parts = parts;
    this.#cells = cells;
  }

  take({ start, calls, published, pulled, invoked }: ToWorker): void {
    this.#cells.progressed();
    if (start) this.#start();
    for (const [id, verdict] of published ?? []) this.#parts.publishes.answer(id, verdict);
    for (const [id, reply] of pulled ?? []) this.#parts.pulls.answer(id, reply);
    for (const [id, reply] of invoked ?? []) this.#parts.invokes.answer(id, reply);
    if (calls === undefined) return;
    if (this.#parts.setup.mode === 'sync') for (const call of calls) this.#runSync(call);
    else for (const call of calls) this.#enqueue(call);
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
  #instanceFor(call: CallMessage): Instance | WorkerOutcome {
    this.#cells.start(call.cell);
    if (this.#instances.has(call.instance)) return this.#instance(call.instance);
    try {
      const made = this.#instance(call.instance);
      this.#cells.start(call.cell);
      return made;
    } catch (thrown) {
      return { kind: 'trap', message: `the guest cannot be instantiated: ${instantiationFault(thrown)}` };
    }
  }

  #runSync(call: CallMessage): void {
    this.#parts.outbox.flushIfOld();
    const instance = this.#instanceFor(call);
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
      await this.#parts.cpu.enter(call.cell);
      this.#parts.outbox.flushIfOld();
      const instance = this.#instanceFor(call);
      const outcome = instance instanceof Instance ? await instance.call(call) : instance;
      this.#parts.cpu.leave(call.cell);
      queue.shift();
      this.#ended(call, outcome);
    }
    this.#queues.delete(number);
  }

  #ended(call: CallMessage, outcome: WorkerOutcome): void {
    if (outcome.kind === 'trap') this.#instances.delete(call.instance);
    this.#cells.end(call.cell, outcome.kind === 'ok');
    const result: ResultMessage = { id: call.id, outcome };
    this.#parts.outbox.result(result);
  }
}
