import type { IConnackPacket, Packet } from 'mqtt';
import type { HostError } from '../../../errors.ts';
import type { HostStatus } from '../../../status.ts';
import type { BrokerAddress, ConnectionOptions, IncomingMessage, MqttVersion } from '../../../types.ts';
import { describeEnd, type Ending, fatalError, takeoverError, wantsOlderProtocol } from './endings.ts';
import { Link, type LinkEnd } from './link.ts';
import type { ProtocolMemory } from './protocols.ts';
import { Retry, TakeoverWatch } from './retry.ts';

/** What every session of one driver shares. */
export interface Surroundings {
  readonly protocols: ProtocolMemory;
  /** Milliseconds that a broker may take to accept a connection. */
  readonly connectTimeout: number;
  report(status: HostStatus): void;
}

export interface ConnectorOptions {
  readonly binding: string;
  readonly role: 'subscriber' | 'publisher';
  readonly connection: ConnectionOptions;
  readonly clientId: string;
  readonly sessionExpiry: number;
  readonly receiveMaximum?: number | undefined;
}

/** One connection that a CONNACK accepted. */
export interface Accepted {
  readonly link: Link;
  readonly connack: IConnackPacket;
  readonly protocol: MqttVersion;
  readonly address: BrokerAddress;
}

/** What a session does on its connections. */
export interface ConnectorHooks {
  /** Before each CONNECT, which waits for it. */
  connecting(): Promise<void>;
  /** Before any other packet of that connection; a rejection is fatal for the session. */
  accepted(accepted: Accepted): Promise<void>;
  drops(): boolean;
  publish(message: IncomingMessage, done: () => void): void;
  packet(packet: Packet): void;
  /** At once when an accepted connection ended. */
  down(end: LinkEnd): void;
  /** After `down`, when what `accepted` began is over. */
  disconnected(reason: string): void;
  /** Nothing that we sent on this connection can be what the broker closed it for, open questions included. */
  blameless(): boolean;
  failed(error: Error): void;
}

interface Target {
  readonly address: BrokerAddress;
  readonly protocol: MqttVersion;
}

interface Attempt extends Target {
  readonly end: LinkEnd;
  /** Milliseconds from CONNACK to the end; undefined without a CONNACK that accepts. */
  readonly uptime: number | undefined;
  readonly blameless: boolean;
}

/**
 * Keeps one session connected: addresses in turn, the protocol's fallback, jittered delays, takeover detection. Ends
 * when it is stopped or when trying again cannot help.
 */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #hooks: ConnectorHooks;
  readonly #around: Surroundings;
  readonly #retry = new Retry();
  readonly #takeover = new TakeoverWatch();
  readonly #stopped = new AbortController();
  #link: Link | undefined;
  #index = 0;
  #tried = 0;
  #trouble: string | undefined;

  constructor(options: ConnectorOptions, hooks: ConnectorHooks, around: Surroundings) {
    this.#options = options;
    this.#hooks = hooks;
    this.#around = around;
  }

  start(): void {
    this.#run().catch((thrown: unknown) => this.fail(thrown as Error));
  }

  /** Ends for good at once, with an error that trying again cannot mend. */
  fail(error: Error): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#link?.drop();
    this.#hooks.failed(error);
  }

  /** Ends for good; resolves within `timeout` milliseconds. `endSession` makes the broker forget the session. */
  async stop(timeout: number, endSession = false): Promise<void> {
    const deadline = performance.now() + timeout;
    const failed = this.#stopped.signal.aborted;
    this.#stopped.abort();
    const link = this.#link;
    const kept = this.#options.sessionExpiry > 0;
    const target = link === undefined ? this.#target() : link.request;
    const wasUp = link?.accepted === true && link.open;
    await link?.finish(endSession && target.protocol === 5 ? 0 : undefined, timeout);
    if (endSession && kept && !failed && !(wasUp && target.protocol === 5))
      await this.#connectClean(target, deadline - performance.now());
  }

  /** What ended connections was found and put aside: the next losses are counted from none. */
  mended(): void {
    this.#retry.mended();
  }

  /** Why there is no connection; undefined before the first attempt has failed, and while there is one. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  #target(): Target {
    const { connection } = this.#options;
    const address = connection.addresses[this.#index] as BrokerAddress;
    return { address, protocol: this.#around.protocols.versionFor(address, connection.protocol) };
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#hooks.connecting();
      if (this.#stopped.signal.aborted) return;
      const attempt = await this.#attempt(this.#target());
      this.#link = undefined;
      if (this.#stopped.signal.aborted) return;
      await this.#sleep(this.#settle(attempt));
    }
  }

  #open(target: Target, clean: boolean, accepted: (link: Link, connack: IConnackPacket) => void): Promise<LinkEnd> {
    const { connection, clientId, sessionExpiry, receiveMaximum } = this.#options;
    const ended = Promise.withResolvers<LinkEnd>();
    const request = { ...target, connection, clientId, sessionExpiry, receiveMaximum, clean };
    this.#link = new Link(request, this.#around.connectTimeout, {
      accepted,
      drops: () => this.#hooks.drops(),
      publish: (message, done) => this.#hooks.publish(message, done),
      packet: (packet) => this.#hooks.packet(packet),
      ended: ended.resolve,
    });
    return ended.promise;
  }

  async #attempt(target: Target): Promise<Attempt> {
    const { sessionExpiry } = this.#options;
    let up: Promise<void> | undefined;
    let since = 0;
    const end = await this.#open(target, sessionExpiry === 0, (link, connack) => {
      since = performance.now();
      up = this.#accept({ link, connack, ...target });
      // Its failure is taken up below, when the link has ended.
      up.catch(() => {});
    });
    if (up === undefined) return { ...target, end, uptime: undefined, blameless: true };
    const uptime = performance.now() - since;
    const blameless = this.#hooks.blameless();
    this.#hooks.down(end);
    await up;
    return { ...target, end, uptime, blameless };
  }

  async #accept(accepted: Accepted): Promise<void> {
    const { binding, role, clientId } = this.#options;
    this.#tried = 0;
    this.#trouble = undefined;
    this.#around.report({
      kind: 'connected',
      binding,
      role,
      broker: accepted.address.display,
      protocol: accepted.protocol,
      resumed: accepted.connack.sessionPresent,
      clientId,
    });
    try {
      await this.#hooks.accepted(accepted);
    } catch (error) {
      accepted.link.drop();
      throw error;
    }
  }

  /** Says what the end of a connection means; returns the delay before the next one, or throws what is fatal. */
  #settle(attempt: Attempt): number {
    const { binding, role, clientId } = this.#options;
    const accepted = attempt.uptime !== undefined;
    const ending: Ending = { ...attempt, binding, clientId, accepted };
    if (wantsOlderProtocol(ending)) {
      this.#around.protocols.remember(attempt.address);
      return 0;
    }
    const reason = describeEnd(ending);
    this.#trouble = reason;
    const broker = attempt.address.display;
    if (accepted) {
      this.#around.report({ kind: 'disconnected', binding, role, broker, reason });
      this.#hooks.disconnected(reason);
    }
    const fatal = fatalError(ending) ?? this.#takenOver(attempt, ending);
    if (fatal !== undefined) throw fatal;
    if (attempt.end.kind === 'local') return 0;
    const delay = this.#delay(attempt.uptime);
    this.#around.report({ kind: 'retrying', binding, role, broker, reason, delay });
    return delay;
  }

  #takenOver({ uptime, end, blameless }: Attempt, ending: Ending): HostError | undefined {
    if (uptime === undefined) {
      this.#takeover.failed();
      return undefined;
    }
    // A reset is what a bad network makes of a connection; a broker that hands the session on closes it.
    return this.#takeover.closed(uptime, end.kind === 'closed' && blameless) ? takeoverError(ending) : undefined;
  }

  /** The broker that was connected last is tried first; the delay comes after each round of addresses. */
  #delay(uptime: number | undefined): number {
    if (uptime !== undefined) return this.#retry.lost(uptime);
    const { length } = this.#options.connection.addresses;
    this.#index = (this.#index + 1) % length;
    return ++this.#tried % length === 0 ? this.#retry.failed() : 0;
  }

  #sleep(delay: number): Promise<void> {
    const { signal } = this.#stopped;
    if (signal.aborted || delay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, delay);
      signal.addEventListener('abort', over);
    });
  }

  /** A clean session replaces the kept one and ends with its connection [MQTT 3.1.1, 3.1.2.4; MQTT 5, 3.1.2.4]. */
  async #connectClean(target: Target, timeout: number): Promise<void> {
    if (timeout <= 0) return;
    const timer = setTimeout(() => this.#link?.drop(), timeout);
    await this.#open(target, true, (link) => void link.finish(target.protocol === 5 ? 0 : undefined, timeout));
    clearTimeout(timer);
  }
}
