import { mqttBroker } from './broker/index.ts';
import {
  createPool,
  type OpenedComponent,
  openComponent,
  prepareComponent,
  resolveCacheDir,
  resolveHandler,
} from './component/index.ts';
import {
  type BindingConfig,
  brokerIdentity,
  type HostConfig,
  isRememberedBroker,
  nameBindings,
  parseBrokerUrl,
} from './config/index.ts';
import {
  bindingWarnings,
  componentFacts,
  Dispatcher,
  Farewell,
  PushDelivery,
  roleOf,
  type SessionIdentity,
} from './delivery/index.ts';
import { HostError, messageOf } from './errors.ts';
import type { GuestPool, GuestPublish } from './guest.ts';
import { providedInterfaces } from './interfaces/index.ts';
import { type Journal, openJournal } from './journal/index.ts';
import { createPublishing, Publishers } from './publish/index.ts';
import type { Telemetry } from './status.ts';
import type { Broker, ConnectionOptions, RememberedSession, Subscriber } from './types.ts';

/** How long acknowledgements and publishes may take to leave after the last call, in milliseconds. */
const FLUSH_TIMEOUT = 5_000;
/** The worker's own composition root, beside this file in the source and in the published package. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

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
}

interface PushSession {
  readonly delivery: PushDelivery;
  readonly subscriber: Subscriber;
}

class ComposedHost implements Host {
  readonly #telemetry: Telemetry;
  readonly #component: string;
  readonly #broker: Broker;
  readonly #failure = Promise.withResolvers<HostError>();
  readonly #pushes = new Map<string, PushSession>();
  readonly #farewells: Farewell[] = [];
  #config: HostConfig;
  #journal: Journal | undefined;
  #publishers: Publishers | undefined;
  #pool: GuestPool | undefined;
  #dispatcher: Dispatcher | undefined;
  #serving = false;
  #starting: Promise<void> | undefined;
  #draining: Promise<void> | undefined;

  constructor({ config, component, telemetry }: HostOptions) {
    this.#config = config;
    this.#component = component;
    this.#telemetry = telemetry;
    this.#broker = mqttBroker({ report: (status) => telemetry.report(status) });
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
    const opened = await openComponent(this.#component, providedInterfaces);
    const facts = componentFacts(opened.inspection);
    const journal = await this.#openJournal();
    for (const binding of this.#config.bindings) {
      if (roleOf(binding, facts) === 'push') resolveHandler(opened.inspection, binding.onMessage);
    }
    for (const text of bindingWarnings(this.#config.bindings, facts)) this.#notice('warn', text);
    const publishers = this.#makePublishers(journal);
    const pool = await this.#startPool(opened, publishers);
    const dispatcher = new Dispatcher(pool);
    this.#dispatcher = dispatcher;
    if (this.#draining !== undefined) return;
    await publishers.open();
    const live = this.#config.bindings.filter((binding) => roleOf(binding, facts) === 'push');
    for (const binding of live) this.#openPush(binding, { journal, pool, dispatcher });
    this.#endGoneSessions(journal);
    this.#serving = true;
    const milliseconds = performance.now() - began;
    this.#telemetry.report({ kind: 'started', app: this.#config.name, component: this.#component, milliseconds });
  }

  async #openJournal(): Promise<Journal> {
    const { stateDir, durability } = this.#config;
    const journal = await openJournal({ dir: stateDir, durability, onFailure: (error) => this.#fail(error) });
    this.#journal = journal;
    this.#config = nameBindings(this.#config, journal.sessions.all());
    const keepsSessions = this.#config.bindings.some(({ kind, qos }) => kind !== 'publish-only' && qos > 0);
    if (journal.sessions.fresh && keepsSessions) {
      const text = `new identity "${journal.sessions.instance}" in ${stateDir}: what an earlier session holds stays at the broker`;
      this.#notice('info', text);
    }
    await journal.deadLetters.expire(Date.now() - this.#config.deadLetterKeep);
    return journal;
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

  #makePublishers(journal: Journal): Publishers {
    this.#publishers = new Publishers({
      bindings: this.#config.bindings,
      broker: this.#broker,
      clientIdOf: (binding) => this.#identity(binding, journal).clientId,
      rememberedId: ({ key, clientId, connection }) =>
        journal.publishers.publisherId(key, clientId, brokerIdentity(connection)),
      telemetry: this.#telemetry,
      failed: (error) => this.#fail(error),
    });
    return this.#publishers;
  }

  /** Routes and publishes; a failure for want of a broker is told to the delivery whose call it was. */
  #guestPublish(publishers: Publishers): GuestPublish {
    const { bindings, name: appName } = this.#config;
    const publisherFor = (binding: BindingConfig) => publishers.for(binding);
    return createPublishing({
      bindings,
      publisherFor,
      appName,
      telemetry: this.#telemetry,
      brokerAway: ({ binding = '', event }, publisher) => {
        if (event !== undefined) this.#pushes.get(binding)?.delivery.publishFailed(event, publisher);
      },
    });
  }

  /** `<name>-<binding>-<instance>`, so that replicas never share a session (DELIVERY, "Identity"). */
  #identity(binding: BindingConfig, journal: Journal): SessionIdentity {
    const clientId = binding.clientId ?? `${this.#config.name}-${binding.name}-${journal.sessions.instance}`;
    const sessions = journal.sessions.all().filter((session) => session.clientId === clientId);
    const known = sessions.find(({ broker }) => isRememberedBroker(binding.connection, broker));
    return { clientId, broker: known?.broker ?? brokerIdentity(binding.connection) };
  }

  #openPush(binding: BindingConfig, { journal, pool, dispatcher }: PushParts): void {
    const { name, connection, qos, sessionExpiry, maxInFlight, maxBytesInFlight } = binding;
    const identity = this.#identity(binding, journal);
    const delivery = new PushDelivery({
      binding,
      identity,
      sessions: journal.sessions,
      deadLetters: journal.deadLetters,
      pool,
      dispatcher,
      telemetry: this.#telemetry,
      failed: (error) => this.#fail(error),
    });
    const { clientId } = identity;
    const bounds = { sessionExpiry, maxInFlight, maxBytesInFlight };
    const subscriber = this.#broker.openSubscriber({ binding: name, connection, clientId, qos, ...bounds }, delivery);
    delivery.attach(subscriber);
    this.#pushes.set(name, { delivery, subscriber });
  }

  /** Ends the sessions of bindings that are gone; a binding that is not subscribed now keeps its own. */
  #endGoneSessions(journal: Journal): void {
    const identities = this.#config.bindings.map((binding) => this.#identity(binding, journal));
    for (const session of journal.sessions.all()) {
      const { clientId, broker } = session;
      if (identities.some((identity) => identity.clientId === clientId && identity.broker === broker)) continue;
      const connection = this.#connectionOf(session);
      const { sessions } = journal;
      this.#farewells.push(
        new Farewell({ session, connection, broker: this.#broker, sessions, telemetry: this.#telemetry }),
      );
    }
  }

  /** How to reach a remembered session's broker: as a binding of today does, else without credentials. */
  #connectionOf({ broker, protocol }: RememberedSession): ConnectionOptions {
    const known = this.#config.bindings.find(({ connection }) => isRememberedBroker(connection, broker));
    if (known !== undefined) return { ...known.connection, will: undefined };
    return { addresses: broker.split(' ').map((url) => parseBrokerUrl(url)), keepalive: 30_000, protocol };
  }

  async #drain(reason: string): Promise<void> {
    // A start under way ends by itself, and has told its caller if it failed.
    await this.#starting?.catch(() => {});
    if (this.#serving) this.#telemetry.report({ kind: 'draining', reason });
    const sessions = [...this.#pushes.values()];
    for (const { delivery } of sessions) delivery.drain();
    this.#dispatcher?.stop();
    await this.#dispatcher?.whenIdle(this.#config.drain);
    await this.#pool?.close(0);
    await this.#publishers?.close(FLUSH_TIMEOUT);
    const flush = { endSession: false, timeout: FLUSH_TIMEOUT };
    await Promise.all(sessions.map(({ subscriber }) => subscriber.close(flush)));
    await Promise.all(this.#farewells.map((farewell) => farewell.close()));
    await this.#journal?.close();
    if (this.#serving) this.#telemetry.report({ kind: 'stopped', reason });
  }

  #fail(error: Error): void {
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
