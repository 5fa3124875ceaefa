import type { Packet } from 'mqtt';
import { messageOf } from '../../errors.ts';
import type {
  MqttVersion,
  OutgoingMessage,
  Publisher,
  PublisherOptions,
  PublisherSink,
  PubsubError,
  Result,
} from '../../types.ts';
import { sessionExpirySeconds } from './client-options.ts';
import { type Accepted, Connector, type Surroundings } from './connector.ts';
import { Exchanges } from './exchanges.ts';
import { type ConnackProperties, reducedByConnack } from './grants.ts';
import type { Link } from './link.ts';
import { Notices } from './notices.ts';
import type { Outbox } from './outbox.ts';
import { messageFault, publishSize, toPublish } from './packets.ts';
import { OK, refused, TIMED_OUT, type Verdict } from './verdicts.ts';
import { type Job, Waiting } from './waiting.ts';

/** What may wait to be written: a bound that is met only when the broker is away or much too slow. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Publishes in flight where CONNACK names no receive maximum: more than 20 at QoS 2 lose messages on Mosquitto. */
const DEFAULT_WINDOW = 20;
/** For DISCONNECT after the publishes have had their time, in milliseconds. */
const GOODBYE = 1000;

interface Current {
  readonly link: Link;
  readonly granted: ConnackProperties;
  /** QoS 0 has no answer, so what the broker thought of it stays open. */
  wroteQos0: boolean;
  /** The network has to take what was written before more is. */
  draining: boolean;
}

/** One publishing MQTT session on mqtt.js; see {@link Publisher}. */
export class MqttPublisher implements Publisher {
  readonly #name: string;
  readonly #brokers: string;
  readonly #sessionExpiry: number;
  readonly #sink: PublisherSink;
  readonly #connector: Connector;
  readonly #exchanges: Exchanges;
  readonly #notices: Notices;
  readonly #waiting = new Waiting(MAX_WAITING, MAX_WAITING_BYTES);
  readonly #jobs = new Set<Job>();
  readonly #begun = new Map<number, Job>();
  #current: Current | undefined;
  #protocol: MqttVersion | undefined;
  #epoch = 0;
  #over: string | undefined;
  #up = Promise.withResolvers<void>();
  #idle: (() => void) | undefined;

  constructor(options: PublisherOptions, outbox: Outbox, sink: PublisherSink, around: Surroundings) {
    this.#name = options.binding ?? options.clientId;
    this.#brokers = options.connection.addresses.map(({ display }) => display).join(' ');
    this.#sessionExpiry = options.sessionExpiry;
    this.#sink = sink;
    this.#notices = new Notices(this.#name, around.report);
    this.#exchanges = new Exchanges(outbox, {
      settled: (key, verdict) => this.#begun.get(key)?.settle(verdict),
      room: () => this.#pump(),
      failed: (error) => this.#connector.fail(error as Error),
    });
    this.#connector = new Connector(
      { ...options, binding: this.#name, role: 'publisher', startClean: !outbox.durable },
      {
        connecting: () => Promise.resolve(),
        accepted: (accepted) => this.#accepted(accepted),
        publish: (_packet, done) => done(),
        packet: (packet) => this.#packet(packet),
        down: () => this.#down(),
        disconnected: (reason) => sink.disconnected(reason),
        answered: () => this.#exchanges.open === 0 && this.#current?.wroteQos0 !== true,
        failed: (error) => this.#failed(error),
      },
      around,
    );
  }

  start(): void {
    this.#connector.start();
  }

  get online(): boolean {
    return this.#current !== undefined;
  }

  get protocol(): MqttVersion | undefined {
    return this.#protocol;
  }

  /** Also resolves when the session is closed or has failed, so that nobody waits for ever. */
  whenOnline(): Promise<void> {
    return this.#up.promise;
  }

  publish(message: OutgoingMessage, timeout: number): Promise<Result<void, PubsubError>> {
    if (this.#over !== undefined) return Promise.resolve(refused('connection', this.#over));
    const fault = messageFault(message);
    if (fault !== undefined) return Promise.resolve(refused('invalid-argument', fault));
    return new Promise((resolve) => {
      const job: Job = {
        message,
        key: undefined,
        settle: (verdict) => {
          clearTimeout(timer);
          this.#jobs.delete(job);
          if (job.key !== undefined) this.#begun.delete(job.key);
          resolve(verdict);
          if (this.#jobs.size === 0) this.#idle?.();
        },
      };
      const timer = setTimeout(() => this.#expire(job), timeout);
      this.#jobs.add(job);
      if (this.#waiting.add(job)) this.#pump();
      else job.settle(refused('other', `too many publishes wait for broker ${this.#brokers}`));
    });
  }

  async close(timeout: number): Promise<void> {
    const deadline = performance.now() + timeout;
    this.#over ??= 'the publisher is closed';
    if (this.#jobs.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      const timer = setTimeout(() => this.#idle?.(), timeout);
      await idle;
      clearTimeout(timer);
    }
    for (const job of this.#jobs) this.#expire(job);
    await this.#connector.stop(Math.max(deadline - performance.now(), GOODBYE));
    this.#up.resolve();
  }

  #packet(packet: Packet): void {
    if (packet.cmd === 'puback' || packet.cmd === 'pubrec' || packet.cmd === 'pubcomp')
      this.#exchanges.answered(packet);
  }

  async #accepted({ link, connack, protocol, address }: Accepted): Promise<void> {
    const granted = connack.properties ?? {};
    for (const text of reducedByConnack(granted, sessionExpirySeconds(this.#sessionExpiry), true))
      this.#notices.warn(`broker ${address.display}: ${text}`);
    const { sessionPresent } = connack;
    this.#protocol = protocol;
    const repeated = await this.#exchanges.begin(link, sessionPresent, granted.receiveMaximum ?? DEFAULT_WINDOW);
    if (!link.open) return;
    if (repeated > 0)
      this.#notices.warn(
        `broker ${address.display} lost the publisher's session: publishes that were under way are sent again and may be repeated`,
      );
    this.#current = { link, granted, wroteQos0: false, draining: false };
    this.#sink.connected({ epoch: ++this.#epoch, sessionPresent, protocol, address });
    this.#up.resolve();
    this.#pump();
  }

  /** Writes what waits, in order, as far as the broker's window and the network take it. */
  #pump(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#exchanges.resume();
    while (!current.link.congested) {
      const job = this.#waiting.first;
      if (job === undefined || !this.#exchanges.ready || !this.#begin(current, job)) return;
    }
    if (current.draining) return;
    current.draining = true;
    current.link.whenDrained(() => {
      current.draining = false;
      this.#pump();
    });
  }

  /** False where the job has to wait. */
  #begin(current: Current, job: Job): boolean {
    const { message } = job;
    const unfit = this.#unfit(current, message);
    if (unfit === undefined && message.qos > 0) {
      const key = this.#exchanges.send(message);
      if (key === undefined) return false;
      this.#waiting.shift();
      job.key = key;
      this.#begun.set(key, job);
      return true;
    }
    if (unfit === undefined && this.#exchanges.committing) return false;
    this.#waiting.shift();
    if (unfit === undefined) {
      current.link.write(toPublish(message, 0, false, current.link.request.protocol));
      current.wroteQos0 = true;
    }
    job.settle(unfit ?? OK);
    return true;
  }

  /** What the broker's CONNACK rules out before it is sent [MQTT-3.2.2-11, -14, -15]. */
  #unfit({ link, granted }: Current, message: OutgoingMessage): Verdict | undefined {
    const { display } = link.request.address;
    const { maximumPacketSize = Number.POSITIVE_INFINITY, maximumQoS = 2, retainAvailable = true } = granted;
    if (maximumQoS < message.qos)
      return refused('other', `broker ${display} supports QoS ${maximumQoS} at most, not ${message.qos}`);
    if (!retainAvailable && message.retain)
      return refused('other', `broker ${display} does not keep retained messages`);
    if (maximumPacketSize === Number.POSITIVE_INFINITY) return undefined;
    const size = publishSize(message, link.request.protocol);
    if (size <= maximumPacketSize) return undefined;
    const text = `the message makes a packet of ${size} bytes, broker ${display} takes ${maximumPacketSize}`;
    return refused('invalid-argument', text);
  }

  /** Its time is over. */
  #expire(job: Job): void {
    if (job.key !== undefined) {
      this.#exchanges.withdraw(job.key, job.message);
      job.settle(TIMED_OUT);
    } else {
      this.#waiting.remove(job);
      job.settle(this.online ? TIMED_OUT : refused('connection', this.#offline()));
    }
  }

  #offline(): string {
    return `broker ${this.#brokers} cannot be reached: ${this.#connector.trouble ?? 'not connected yet'}`;
  }

  #down(): void {
    if (this.#current !== undefined && this.#over === undefined) this.#up = Promise.withResolvers();
    this.#current = undefined;
    this.#exchanges.end();
  }

  #failed(error: Error): void {
    this.#over ??= messageOf(error);
    this.#down();
    for (const job of this.#jobs) job.settle(refused('connection', messageOf(error)));
    this.#up.resolve();
    this.#sink.failed(error);
  }
}
