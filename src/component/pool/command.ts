import type { GuestOutcome } from '../../guest.ts';
import type { HandlerExport } from '../handler.ts';
import { Held } from './held.ts';
import type { PoolOptions } from './pool.ts';
import { Slot, type SlotParts } from './slot.ts';
import { Spares } from './spare.ts';
import { HEAP } from './thread.ts';

export type CommandOptions = Omit<PoolOptions, 'instances' | 'workers' | 'buffering'>;

/** A command under way: one call, on one instance in a worker of its own, never run again. Its threads end with it. */
export interface Command {
  /** Never rejects. `cut` where {@link close} was first. */
  readonly ended: Promise<GuestOutcome>;
  /** Ends it, whatever it is doing. */
  close(): Promise<void>;
}

class RunningCommand implements Command {
  readonly ended: Promise<GuestOutcome>;
  readonly #spares: Spares;
  readonly #slot: Slot;

  constructor(options: CommandOptions, handler: HandlerExport) {
    const { component, workerUrl, env, args, publish, openPull, invoke, telemetry } = options;
    const { entry, mode, cores, waits, links, inspection } = component;
    const setup = { entry, mode, cores, waits, links, env, args, rules: undefined };
    this.#spares = new Spares({ workerUrl, setup, heap: options.heap ?? HEAP, delivers: inspection.importsDelivery });
    const { promise, resolve: ended } = Promise.withResolvers<GuestOutcome>();
    const settled: SlotParts['settled'] = ({ call }, outcome) => call.ended(outcome);
    this.#slot = new Slot({ spares: this.#spares, publish, openPull, invoke, telemetry, settled });
    this.ended = promise;
    // Only the messages that it asks for have deadlines.
    const call = { timeout: Number.POSITIVE_INFINITY, ended };
    this.#slot.submit(new Held(1, call, handler, { instance: 0, load: 1 }));
    void this.ended.then(() => this.close());
  }

  async close(): Promise<void> {
    this.#slot.close();
    await this.#spares.close();
  }
}

/** Runs the command that a component exports. */
export function createCommand(options: CommandOptions, handler: HandlerExport): Command {
  return new RunningCommand(options, handler);
}
