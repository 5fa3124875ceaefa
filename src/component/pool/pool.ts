import { HostError, messageOf } from '../../errors.ts';
import type {
  GuestBuffer,
  GuestCall,
  GuestInvoke,
  GuestOutcome,
  GuestPool,
  GuestPublish,
  GuestPull,
} from '../../guest.ts';
import type { Telemetry } from '../../status.ts';
import type { PubsubEvent } from '../../types.ts';
import { CELLS } from '../exchange/cells.ts';
import { type HandlerExport, resolveHandler } from '../handler.ts';
import type { PreparedComponent } from '../prepare.ts';
import { Endings } from './endings.ts';
import { Held } from './held.ts';
import { type Seat, Seats } from './seats.ts';
import { Slot, type SlotParts } from './slot.ts';
import { Spares } from './spare.ts';
import { HEAP } from './thread.ts';

export interface PoolOptions {
  readonly component: PreparedComponent;
  /** The module that a worker runs; it calls `runWorker`. */
  readonly workerUrl: URL;
  /** Instances at most, over all workers. */
  readonly instances: number;
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly publish: GuestPublish;
  /** Where the component was prepared with `buffers`: how its publishes get into their transactions. */
  readonly buffering?: Buffering | undefined;
  /** What one call may ask for; undefined where nothing can be received. */
  readonly openPull?: (() => GuestPull) | undefined;
  /** Calls the functions of interfaces that the library's user gave; undefined where there are none. */
  readonly invoke?: GuestInvoke | undefined;
  readonly telemetry: Pick<Telemetry, 'report'>;
  /** How long making the first instance may take. */
  readonly startTimeout?: number | undefined;
  /** JavaScript heap of a worker, in MiB. */
  readonly heap?: number | undefined;
}

/** What takes the publishes of guests that cannot wait. */
export interface Buffering {
  readonly buffer: GuestBuffer;
  readonly attributeBytes: (attributes: PubsubEvent['attributes']) => number;
  /** Plain data from which each worker makes its `Surely`. */
  readonly rules: unknown;
}

const START_TIMEOUT = 30_000;

class Pool implements GuestPool {
  readonly #options: PoolOptions;
  readonly #spares: Spares;
  readonly #slots: readonly [Slot, ...Slot[]];
  readonly #seats: Seats<Slot>;
  readonly #handlers = new Map<string, HandlerExport>();
  readonly #endings = new Endings();
  readonly #idle: (() => void)[] = [];
  #lastId = 0;
  #running = 0;
  #closing = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    const { component, workerUrl, env, args, publish, openPull, invoke, telemetry } = options;
    const { entry, mode, cores, waits, links, inspection } = component;
    const setup = { entry, mode, cores, waits, links, env, args, rules: options.buffering?.rules };
    this.#spares = new Spares({ workerUrl, setup, heap: options.heap ?? HEAP, delivers: inspection.importsDelivery });
    const workers = Math.min(options.workers, options.instances);
    const settled: SlotParts['settled'] = (held, outcome) => this.#settled(held, outcome);
    const parts = { spares: this.#spares, publish, ...options.buffering, openPull, invoke, telemetry, settled };
    const slot = () => new Slot(parts);
    this.#slots = [slot(), ...Array.from({ length: workers - 1 }, slot)];
    // Calls that cannot wait never overlap in one worker: more instances there would only cost memory.
    this.#seats = new Seats(this.#slots, mode === 'sync' ? workers : options.instances);
  }

  /**
   * What its workers can hold. What waits for one of them is not counted, or a stuck worker's topics would take up the
   * room of all others; the windows of the bindings bound it.
   */
  get capacity(): number {
    let sum = 0;
    for (const { waiting } of this.#slots) sum += CELLS + waiting;
    return sum;
  }

  /** Makes the first instance, so that a component that cannot run fails now. @throws {HostError} ERR_COMPONENT_START */
  async start(): Promise<void> {
    const fault = await this.#slots[0].start(this.#options.startTimeout ?? START_TIMEOUT);
    if (fault === '') return;
    await this.close(0);
    throw new HostError('ERR_COMPONENT_START', `the component cannot be instantiated: ${fault}`);
  }

  /** Only calls that cannot wait are chained: one that waits for a broker would hold up those behind it. */
  get ahead(): number {
    if (this.#options.component.mode !== 'sync') return 0;
    let least = Number.POSITIVE_INFINITY;
    for (const { ahead } of this.#slots) if (ahead < least) least = ahead;
    return least;
  }

  get workers(): number {
    return this.#slots.filter((slot) => slot.running).length;
  }

  call(call: GuestCall): void {
    if (this.#closing) {
      this.#endings.add(call, { kind: 'cut' });
      return;
    }
    let handler: HandlerExport;
    try {
      handler = this.#handler(call.handler);
    } catch (error) {
      this.#endings.add(call, { kind: 'trap', message: messageOf(error) });
      return;
    }
    const seat = this.#seat(call);
    this.#running++;
    seat.load++;
    seat.bench.submit(new Held(++this.#lastId, call, handler, seat));
  }

  async close(timeout: number): Promise<void> {
    this.#closing = true;
    if (this.#running > 0 && timeout > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeout);
      this.#idle.push(resolve);
      await promise;
      clearTimeout(timer);
    }
    for (const slot of this.#slots) slot.close();
    await this.#spares.close();
  }

  #settled({ seat, call }: Held, outcome: GuestOutcome): void {
    seat.load--;
    if (--this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#endings.add(call, outcome);
  }

  /** A chain stays where it is, though its topic be forgotten meanwhile. */
  #seat(call: GuestCall): Seat<Slot> {
    const chain = call.link?.chain;
    if (chain === undefined) return this.#seats.for(call);
    chain.seat ??= this.#seats.for(call);
    return chain.seat as Seat<Slot>;
  }

  #handler(name: string): HandlerExport {
    const known = this.#handlers.get(name);
    if (known !== undefined) return known;
    const found = resolveHandler(this.#options.component.inspection, name);
    this.#handlers.set(name, found);
    return found;
  }
}

export type StartableGuestPool = GuestPool & { start(): Promise<void> };

/**
 * Runs a component in worker threads. All threads start at once; `start` makes the first instance, the others are made
 * as calls need them. A trapped instance is replaced; a call past its deadline ends its worker, and the calls behind it
 * run on the next one.
 */
export function createPool(options: PoolOptions): StartableGuestPool {
  return new Pool(options);
}
