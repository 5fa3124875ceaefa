import { type BindingSession, openSession, type SessionParts } from './binding-session.ts';
import { mqttBroker } from './broker/index.ts';
import type { Broker } from './broker.ts';
import { type CommandEnd, CommandRun } from './command.ts';
import { type CommandOptions, type OpenedComponent, openComponent, resolveCommand } from './component/index.ts';
import type { BindingConfig, HostConfig } from './config/index.ts';
import { CallPull, Dispatcher, Farewell, HandlerCalls, Mailbox, type SessionIdentity } from './delivery/index.ts';
import { stopInOrder } from './drain.ts';
import { HostError, messageOf } from './errors.ts';
import type { GuestPool, GuestPublish } from './guest.ts';
import { handlerPool, prepareGuest } from './guests.ts';
import { goneSessions, identityOf } from './identity.ts';
import { providedInterfaces } from './interfaces/index.ts';
import type { Journal, Pressure } from './journal/index.ts';
import { metricsSource } from './observe.ts';
import { createPublishing, Publishers, routeWarnings } from './publish/index.ts';
import { settleRoles } from './roles.ts';
import { type OpenState, openState, rememberedPublisher } from './state.ts';
import type { Telemetry } from './status.ts';
import { combine, createMetrics, type Metrics, type MetricsServer, serveMetrics } from './telemetry/index.ts';
import { hostVersion } from './version.ts';

export interface HostOptions {
  readonly config: HostConfig;
  /** Path of the component. */
  readonly component: string;
  readonly telemetry: Telemetry;
}

export interface Host {
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
  /** Stops as DELIVERY, "Stopping" says: within the config's `drain`, then what runs is cut. Idempotent. */
  drain(reason: string): Promise<void>;
}

type OpenParts = Pick<SessionParts, 'journal' | 'publishers' | 'attempts' | 'dispatcher'>;

class ComposedHost implements Host {
  readonly #telemetry: Telemetry;
  readonly #component: string;
  readonly #broker: Broker;
  readonly #failure = Promise.withResolvers<HostError>();
  readonly #sessions = new Map<string, BindingSession>();
  readonly #mailboxes: Mailbox[] = [];
  /** What guests ask for is bounded by the windows alone. */
  readonly #pulled = new Dispatcher({ capacity: Number.POSITIVE_INFINITY });
  readonly #farewells: Farewell[] = [];
  #config: HostConfig;
  #state: OpenState | undefined;
  #publishers: Publishers | undefined;
  #pool: GuestPool | undefined;
  #dispatcher: Dispatcher | undefined;
  readonly #command = new CommandRun();
  readonly #metrics: Metrics | undefined;
  #metricsServer: MetricsServer | undefined;
  #pressure: Pressure | undefined;
  #serving = false;
  #hasFailed = false;
  #starting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;

  constructor({ config, component, telemetry }: HostOptions) {
    this.#config = config;
    this.#component = component;
    if (config.telemetry.http !== undefined)
      this.#metrics = createMetrics({ app: config.name, version: hostVersion() });
    this.#telemetry = this.#metrics === undefined ? telemetry : combine(telemetry, this.#metrics);
    this.#broker = mqttBroker({ report: (status) => this.#telemetry.report(status) });
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

  drain(reason: string): Promise<void> {
    this.#draining ??= this.#drain(reason);
    return this.#draining;
  }

  async #start(): Promise<void> {
    const began = performance.now();
    await this.#serveMetrics();
    const opened = await openComponent(this.#component, providedInterfaces);
    const { journal, publisherKeys } = await this.#openState();
    const { bindings } = this.#config;
    const command = resolveCommand(opened.inspection);
    const { pushed, pulled, warnings } = settleRoles(this.#config, opened.inspection);
    for (const text of [...warnings, ...routeWarnings(bindings)]) this.#notice('warn', text);
    const publishers = this.#makePublishers(journal, publisherKeys);
    const guests = await this.#guestOptions(opened, publishers);
    const pool = command === undefined || pushed.length > 0 ? await this.#startPool(guests) : undefined;
    this.#holdCalls();
    if (this.#draining !== undefined) return;
    await publishers.open();
    const shared = { journal, publishers };
    if (pool !== undefined)
      for (const binding of pushed) this.#open(binding, { ...shared, ...this.#pushing(binding, pool) });
    for (const binding of pulled) this.#open(binding, { ...shared, ...this.#pulling(binding) });
    this.#endGoneSessions(journal);
    this.#serving = true;
    const [app, component, milliseconds] = [this.#config.name, this.#component, performance.now() - began];
    this.#telemetry.report({ kind: 'started', app, component, milliseconds });
    if (command !== undefined) void this.#command.start(guests, command, pushed.length > 0);
  }

  async #openState(): Promise<OpenState> {
    const opened = await openState(this.#config, {
      failed: (error) => this.#fail(error),
      pressure: (pressure) => this.#holdIntake(pressure),
      notice: (text) => this.#notice('info', text),
    });
    this.#state = opened;
    this.#config = opened.config;
    return opened;
  }

  /** A journal that is full stops intake: nothing is dropped, and what is under way goes on. */
  #holdIntake(pressure: Pressure | undefined): void {
    this.#pressure = pressure;
    this.#holdCalls();
    for (const { delivery } of this.#sessions.values()) delivery.hold(pressure !== undefined);
    const state = pressure === undefined ? 'resumed' : 'stopped';
    this.#telemetry.report({ kind: 'intake', state, reason: pressure?.text ?? 'there is room in the journal again' });
  }

  /** At "state_max" a call would add to what is unsent: it waits until brokers have taken that, or there is room. */
  #holdCalls(): void {
    const unsent = () => (this.#state?.journal.size().unsent ?? 0) > 0;
    const isHeld = this.#pressure?.reason === 'state-max' ? unsent : undefined;
    for (const dispatcher of [this.#dispatcher, this.#pulled]) dispatcher?.holdWhile(isHeld);
  }

  async #guestOptions(opened: OpenedComponent, publishers: Publishers): Promise<CommandOptions> {
    const openPull = () => new CallPull(this.#mailboxes);
    const guest = await prepareGuest(this.#config, this.#component, opened);
    return { ...guest, publish: this.#guestPublish(publishers), openPull, telemetry: this.#telemetry };
  }

  async #startPool(options: CommandOptions): Promise<GuestPool> {
    const pool = handlerPool(this.#config, options);
    this.#pool = pool;
    this.#dispatcher = new Dispatcher(pool);
    await pool.start();
    return pool;
  }

  #pushing(binding: BindingConfig, pool: GuestPool): Pick<OpenParts, 'attempts' | 'dispatcher'> {
    return { attempts: new HandlerCalls(binding, pool), dispatcher: this.#dispatcher ?? new Dispatcher(pool) };
  }

  #pulling(binding: BindingConfig): Pick<OpenParts, 'attempts' | 'dispatcher'> {
    const mailbox = new Mailbox(binding, this.#telemetry);
    this.#mailboxes.push(mailbox);
    return { attempts: mailbox, dispatcher: this.#pulled };
  }

  #makePublishers(journal: Journal, keys: ReadonlyMap<string, string>): Publishers {
    this.#publishers = new Publishers({
      bindings: this.#config.bindings,
      broker: this.#broker,
      clientIdOf: (binding) => this.#identity(binding, journal).clientId,
      remembered: rememberedPublisher(journal, keys),
      telemetry: this.#telemetry,
      failed: (error) => this.#fail(error),
    });
    return this.#publishers;
  }

  /** Routes and publishes; a failure for want of a broker is told to the delivery whose call it was. */
  #guestPublish(publishers: Publishers): GuestPublish {
    const { bindings, name: appName } = this.#config;
    return createPublishing({
      bindings,
      publisherFor: (binding) => publishers.for(binding),
      appName,
      telemetry: this.#telemetry,
      brokerAway: ({ binding = '', event }, publisher, sent) => {
        if (event !== undefined) this.#sessions.get(binding)?.delivery.publishFailed(event, publisher, sent);
      },
    });
  }

  #identity(binding: BindingConfig, journal: Journal): SessionIdentity {
    return identityOf(binding, this.#config.name, journal.sessions);
  }

  #open(binding: BindingConfig, parts: OpenParts): void {
    const { journal } = parts;
    const identity = this.#identity(binding, journal);
    const [broker, telemetry] = [this.#broker, this.#telemetry];
    const failed = (error: Error) => this.#fail(error);
    const session = openSession(binding, { ...parts, identity, broker, telemetry, failed });
    if (this.#pressure !== undefined) session.delivery.hold(true);
    this.#sessions.set(binding.name, session);
    session.delivery.start(session.subscriber);
  }

  /** Ends the sessions of bindings that are gone; a binding that is not subscribed now keeps its own. */
  #endGoneSessions({ sessions }: Journal): void {
    const { name, bindings } = this.#config;
    for (const { session, connection } of goneSessions(bindings, name, sessions)) {
      const parts = { session, connection, broker: this.#broker, sessions, telemetry: this.#telemetry };
      this.#farewells.push(new Farewell(parts));
    }
  }

  async #drain(reason: string): Promise<void> {
    // A start under way ends by itself, and has told its caller if it failed.
    await this.#starting?.catch(() => {});
    if (this.#serving) this.#telemetry.report({ kind: 'draining', reason });
    await stopInOrder({
      drain: this.#config.drain,
      // With the journal or a session gone, nothing can be handed over.
      leave: !this.#hasFailed,
      sessions: [...this.#sessions.values()],
      farewells: this.#farewells,
      dispatcher: this.#dispatcher,
      pulled: this.#pulled,
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
      sessions: () => [...this.#sessions.values()],
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

/** Composes a host; nothing happens before {@link Host.start}. */
export function createHost(options: HostOptions): Host {
  return new ComposedHost(options);
}
