import { mqttBroker } from './broker/index.ts';
import type { Broker } from './broker.ts';
import {
  createPool,
  type OpenedComponent,
  openComponent,
  prepareComponent,
  resolveCacheDir,
  resolveHandler,
} from './component/index.ts';
import { type BindingConfig, brokerIdentity, type HostConfig } from './config/index.ts';
import {
  bindingWarnings,
  componentFacts,
  Dispatcher,
  Farewell,
  PushDelivery,
  roleOf,
  type SessionIdentity,
} from './delivery/index.ts';
import { type PushSession, stopInOrder } from './drain.ts';
import { HostError, messageOf } from './errors.ts';
import type { GuestPool, GuestPublish } from './guest.ts';
import { goneSessions, identityOf } from './identity.ts';
import { providedInterfaces } from './interfaces/index.ts';
import type { Journal, Pressure } from './journal/index.ts';
import { metricsSource } from './observe.ts';
import { createPublishing, type PublisherSession, Publishers, routeWarnings } from './publish/index.ts';
import { type OpenState, openState } from './state.ts';
import type { Telemetry } from './status.ts';
import { combine, createMetrics, type Metrics, type MetricsServer, serveMetrics } from './telemetry/index.ts';
import { hostVersion } from './version.ts';

/** The worker's own composition root, beside this file in the source and in the published package. */
export const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

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
  /** Stops as DELIVERY, "Stopping" says: within the config's `drain`, then what runs is cut. Idempotent. */
  drain(reason: string): Promise<void>;
}

/** What all push bindings share. */
interface PushParts {
  readonly journal: Journal;
  readonly pool: GuestPool;
  readonly dispatcher: Dispatcher;
  readonly publishers: Publishers;
}

class ComposedHost implements Host {
  readonly #telemetry: Telemetry;
  readonly #component: string;
  readonly #broker: Broker;
  readonly #failure = Promise.withResolvers<HostError>();
  readonly #pushes = new Map<string, PushSession>();
  readonly #farewells: Farewell[] = [];
  #config: HostConfig;
  #state: OpenState | undefined;
  #publishers: Publishers | undefined;
  #pool: GuestPool | undefined;
  #dispatcher: Dispatcher | undefined;
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
    const facts = componentFacts(opened.inspection);
    const { journal, publisherKeys } = await this.#openState();
    const live = this.#config.bindings.filter((binding) => roleOf(binding, facts) === 'push');
    for (const binding of live) resolveHandler(opened.inspection, binding.onMessage);
    for (const text of [...bindingWarnings(this.#config.bindings, facts), ...routeWarnings(this.#config.bindings)])
      this.#notice('warn', text);
    const publishers = this.#makePublishers(journal, publisherKeys);
    const pool = await this.#startPool(opened, publishers);
    const dispatcher = new Dispatcher(pool);
    this.#dispatcher = dispatcher;
    this.#holdCalls();
    if (this.#draining !== undefined) return;
    await publishers.open();
    for (const binding of live) this.#openPush(binding, { journal, pool, dispatcher, publishers });
    this.#endGoneSessions(journal);
    this.#serving = true;
    const [app, component, milliseconds] = [this.#config.name, this.#component, performance.now() - began];
    this.#telemetry.report({ kind: 'started', app, component, milliseconds });
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
    for (const { delivery } of this.#pushes.values()) delivery.hold(pressure !== undefined);
    const state = pressure === undefined ? 'resumed' : 'stopped';
    this.#telemetry.report({ kind: 'intake', state, reason: pressure?.text ?? 'there is room in the journal again' });
  }

  /** At "state_max" a call would add to what is unsent: it waits until brokers have taken that, or there is room. */
  #holdCalls(): void {
    const isHeld = () => (this.#state?.journal.size().unsent ?? 0) > 0;
    this.#dispatcher?.holdWhile(this.#pressure?.reason === 'state-max' ? isHeld : undefined);
  }

  async #startPool({ bytes, inspection }: OpenedComponent, publishers: Publishers): Promise<GuestPool> {
    const { guest, cacheDir, stateDir } = this.#config;
    const component = await prepareComponent(bytes, {
      cacheDir: await resolveCacheDir(cacheDir, process.env, stateDir),
      inspection,
      provided: providedInterfaces,
      memory: guest.memory,
    });
    const { instances, workers, env, args } = guest;
    const pool = createPool({
      component,
      workerUrl: WORKER_URL,
      instances,
      workers,
      env,
      args,
      publish: this.#guestPublish(publishers),
      telemetry: this.#telemetry,
    });
    this.#pool = pool;
    await pool.start();
    return pool;
  }

  #makePublishers(journal: Journal, keys: ReadonlyMap<string, string>): Publishers {
    const remembered = async ({ key, clientId: proposed, connection, bindings }: PublisherSession) => {
      const known = keys.get(key) ?? key;
      const clientId = await journal.publishers.publisherId(known, proposed, brokerIdentity(connection));
      const broker = journal.publishers.all().find((one) => one.key === known)?.broker;
      return { clientId, outbox: await journal.outbox(clientId, bindings[0]?.name ?? clientId, broker) };
    };
    this.#publishers = new Publishers({
      bindings: this.#config.bindings,
      broker: this.#broker,
      clientIdOf: (binding) => this.#identity(binding, journal).clientId,
      remembered,
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
        if (event !== undefined) this.#pushes.get(binding)?.delivery.publishFailed(event, publisher, sent);
      },
    });
  }

  #identity(binding: BindingConfig, journal: Journal): SessionIdentity {
    return identityOf(binding, this.#config.name, journal.sessions);
  }

  #openPush(binding: BindingConfig, { journal, pool, dispatcher, publishers }: PushParts): void {
    const { name, connection, qos, sessionExpiry, maxInFlight, maxBytesInFlight } = binding;
    const identity = this.#identity(binding, journal);
    const { outbox, broker } = publishers.for(binding);
    const delivery = new PushDelivery({
      binding,
      identity,
      sessions: journal.sessions,
      inbox: journal.inbox(name, identity),
      outbox: { outbox, broker },
      pool,
      dispatcher,
      telemetry: this.#telemetry,
      failed: (error) => this.#fail(error),
    });
    if (this.#pressure !== undefined) delivery.hold(true);
    const { clientId } = identity;
    const bounds = { sessionExpiry, maxInFlight, maxBytesInFlight };
    const subscriber = this.#broker.openSubscriber({ binding: name, connection, clientId, qos, ...bounds }, delivery);
    this.#pushes.set(name, { binding, identity, delivery, subscriber });
    delivery.start(subscriber);
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
      sessions: [...this.#pushes.values()],
      farewells: this.#farewells,
      dispatcher: this.#dispatcher,
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
      pushes: () => [...this.#pushes.values()],
      publishers: () => this.#publishers?.all() ?? [],
      journal: () => this.#state?.journal,
      pool: () => this.#pool,
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
