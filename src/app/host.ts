import type { Driver } from '../broker.ts';
import { resolveCommand } from '../component/index.ts';
import type { HostConfig } from '../config/index.ts';
import { HostError, messageOf } from '../errors.ts';
import type { CustomInterface, GuestPool } from '../guest.ts';
import type { Journal } from '../journal/index.ts';
import { Publishers, routeWarnings, SafeSizes } from '../publish/index.ts';
import type { Telemetry } from '../status.ts';
import { combine, createMetrics, type Metrics, type MetricsServer, serveMetrics } from '../telemetry/index.ts';
import { type CommandEnd, CommandRun } from './command.ts';
import { stopInOrder } from './drain.ts';
import { Drivers } from './drivers.ts';
import { type HandlerOptions, handlerPool, type OpenedGuest, openGuest, prepareGuest } from './guests.ts';
import { identityOf } from './identity.ts';
import { metricsSource } from './observe.ts';
import { publishingWays } from './publishing-ways.ts';
import { settleRoles } from './roles.ts';
import { Sessions } from './sessions.ts';
import { type OpenState, openState, rememberedPublisher } from './state.ts';
import { hostVersion } from './version.ts';

export interface CoreOptions {
  readonly config: HostConfig;
  /** Path of the component. */
  readonly component: string;
  readonly telemetry: Telemetry;
  /** Drivers beside `pubsub.mqtt`, or in its place: those that the configuration was read with. */
  readonly drivers?: readonly Driver[] | undefined;
  /** Interfaces of your own that the component may import, by name: `acme:clock/time@1.0.0`, or without a version. */
  readonly interfaces?: Readonly<Record<string, CustomInterface>> | undefined;
}

/** What a host does with a configuration that was read. */
export interface HostCore {
  /**
   * Loads the component, opens the journal and starts connecting; resolves before a broker has answered.
   * @throws HostError for anything that no retry can heal
   */
  start(): Promise<void>;
  /** Resolves with the first fatal error after the start. */
  readonly failed: Promise<HostError>;
  /** Resolves when the component's command has ended, and nothing else is to be served, or it failed. */
  readonly finished: Promise<CommandEnd>;
  /** How the component's command ended; undefined while it runs, and where there is none. */
  readonly commandEnd: CommandEnd | undefined;
  /**
   * Stops as DELIVERY, "Stopping" says: within the config's `drain`, then what runs is cut. `reason` is for the log.
   * Never rejects; the first call counts.
   */
  drain(reason?: string): Promise<void>;
}

class ComposedHost implements HostCore {
  readonly #telemetry: Telemetry;
  readonly #component: string;
  readonly #interfaces: Readonly<Record<string, CustomInterface>>;
  readonly #drivers: Drivers;
  readonly #failure = Promise.withResolvers<HostError>();
  readonly #sessions: Sessions;
  #config: HostConfig;
  #state: OpenState | undefined;
  #publishers: Publishers | undefined;
  #pool: GuestPool | undefined;
  readonly #command = new CommandRun();
  readonly #metrics: Metrics | undefined;
  #metricsServer: MetricsServer | undefined;
  #serving = false;
  #hasFailed = false;
  #starting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;

  constructor({ config, component, telemetry, drivers = [], interfaces = {} }: CoreOptions) {
    this.#config = config;
    this.#component = component;
    this.#interfaces = interfaces;
    if (config.telemetry.http !== undefined)
      this.#metrics = createMetrics({ app: config.name, version: hostVersion() });
    this.#telemetry = this.#metrics === undefined ? telemetry : combine(telemetry, this.#metrics);
    this.#drivers = new Drivers(drivers, (status) => this.#telemetry.report(status));
    for (const { driver } of config.bindings) this.#drivers.for(driver);
    this.#sessions = new Sessions({
      drivers: this.#drivers,
      telemetry: this.#telemetry,
      journal: () => this.#state?.journal,
      failed: (error) => this.#fail(error),
    });
  }

  get failed(): Promise<HostError> {
    return this.#failure.promise;
  }

  get finished(): Promise<CommandEnd> {
    return this.#command.finished;
  }

  get commandEnd(): CommandEnd | undefined {
    return this.#command.end;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  drain(reason = 'asked to'): Promise<void> {
    this.#draining ??= this.#drain(reason);
    return this.#draining;
  }

  async #start(): Promise<void> {
    const began = performance.now();
    await this.#serveMetrics();
    const opened = await openGuest(this.#component, this.#interfaces);
    const { journal, publisherKeys } = await this.#openState();
    const { bindings } = this.#config;
    const command = resolveCommand(opened.inspection);
    const { pushed, pulled, warnings } = settleRoles(this.#config, opened.inspection);
    for (const text of [...opened.warnings, ...warnings, ...routeWarnings(bindings)]) this.#notice('warn', text);
    const sizes = new SafeSizes(bindings);
    const publishers = this.#makePublishers(journal, publisherKeys, sizes);
    const buffers = command === undefined && pulled.length === 0 && pushed.every(({ transactional }) => transactional);
    const guests = await this.#guestOptions(opened, publishers, buffers ? sizes : undefined);
    const pool = command === undefined || pushed.length > 0 ? await this.#startPool(guests) : undefined;
    if (this.#draining !== undefined) return;
    await publishers.open();
    const shared = { app: this.#config.name, journal, publishers };
    if (pool !== undefined) for (const binding of pushed) this.#sessions.push(binding, pool, shared);
    for (const binding of pulled) this.#sessions.pull(binding, shared);
    this.#sessions.endGone(bindings, shared);
    this.#serving = true;
    const [app, component, milliseconds] = [this.#config.name, this.#component, performance.now() - began];
    this.#telemetry.report({ kind: 'started', app, component, milliseconds });
    if (command !== undefined) void this.#command.start(guests, command, pushed.length > 0);
  }

  async #openState(): Promise<OpenState> {
    const opened = await openState(this.#config, {
      failed: (error) => this.#fail(error),
      pressure: (pressure) => this.#sessions.holdIntake(pressure),
      notice: (text) => this.#notice('info', text),
    });
    this.#state = opened;
    this.#config = opened.config;
    return opened;
  }

  /** `sizes`: every publish of every call is part of a transaction. */
  async #guestOptions(opened: OpenedGuest, publishers: Publishers, sizes?: SafeSizes): Promise<HandlerOptions> {
    const openPull = () => this.#sessions.openPull();
    const guest = await prepareGuest(this.#config, this.#component, opened, sizes !== undefined);
    const ways = publishingWays(this.#config, publishers, this.#telemetry, (binding) => this.#sessions.of(binding));
    const { publish } = ways;
    const buffering = sizes !== undefined && guest.component.mode === 'sync' ? ways.buffering(sizes) : undefined;
    return { ...guest, publish, buffering, openPull, telemetry: this.#telemetry };
  }

  async #startPool(options: HandlerOptions): Promise<GuestPool> {
    const pool = handlerPool(this.#config, options);
    this.#pool = pool;
    await pool.start();
    return pool;
  }

  #makePublishers(journal: Journal, keys: ReadonlyMap<string, string>, sizes: SafeSizes): Publishers {
    this.#publishers = new Publishers({
      bindings: this.#config.bindings,
      brokerOf: (driver) => this.#drivers.for(driver),
      clientIdOf: (binding) => identityOf(binding, this.#config.name, journal.sessions).clientId,
      remembered: rememberedPublisher(journal, keys),
      learned: (bindings, publisher) => {
        for (const binding of bindings) sizes.measure(binding, publisher);
      },
      telemetry: this.#telemetry,
      failed: (error) => this.#fail(error),
    });
    return this.#publishers;
  }

  async #drain(reason: string): Promise<void> {
    // A start under way ends by itself, and has told its caller if it failed.
    await this.#starting?.catch(() => {});
    if (this.#serving) this.#telemetry.report({ kind: 'draining', reason });
    await stopInOrder({
      drain: this.#config.drain,
      // With the journal or a session gone, nothing can be handed over.
      leave: !this.#hasFailed,
      sessions: this.#sessions.all(),
      farewells: this.#sessions.farewells,
      dispatcher: this.#sessions.dispatcher,
      pulled: this.#sessions.pulled,
      command: this.#command.command,
      pool: this.#pool,
      publishers: this.#publishers,
      state: this.#state,
      telemetry: this.#telemetry,
    });
    await this.#metricsServer?.close();
    if (this.#serving) this.#telemetry.report({ kind: 'stopped', reason });
  }

  async #serveMetrics(): Promise<void> {
    const { http } = this.#config.telemetry;
    if (http === undefined || this.#metrics === undefined) return;
    const source = metricsSource({
      sessions: () => this.#sessions.all(),
      publishers: () => this.#publishers?.all() ?? [],
      journal: () => this.#state?.journal,
      workers: () => (this.#pool?.workers ?? 0) + this.#command.workers,
      serving: () => this.#serving,
      draining: () => this.#draining !== undefined,
    });
    this.#metricsServer = await serveMetrics(http, this.#metrics, source);
  }

  #fail(error: Error): void {
    this.#hasFailed = true;
    const fatal =
      error instanceof HostError ? error : new HostError('ERR_INTERNAL', messageOf(error), { cause: error });
    this.#failure.resolve(fatal);
  }

  #notice(level: 'info' | 'warn', text: string): void {
    this.#telemetry.report({ kind: 'notice', level, text });
  }
}

/** Composes a host; nothing happens before its start. @throws HostError ERR_USAGE where drivers do not fit together */
export function composeHost(options: CoreOptions): HostCore {
  return new ComposedHost(options);
}
