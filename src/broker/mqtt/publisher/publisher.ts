import type { Packet } from 'mqtt';
import type { Publisher, PublisherOptions, PublisherSink } from '../../../broker.ts';
import { messageOf } from '../../../errors.ts';
import type { OutgoingEvent } from '../../../journal.ts';
import type { HostStatus } from '../../../status.ts';
import type { MqttVersion, OutgoingMessage, PubsubError } from '../../../types.ts';
import { sessionExpirySeconds } from '../connection/client-options.ts';
import { type Accepted, Connector, type Surroundings } from '../connection/connector.ts';
import { type ConnackProperties, reducedByConnack } from '../connection/grants.ts';
import type { LinkEnd } from '../connection/link.ts';
import { Notices } from '../connection/notices.ts';
import { messageBytes } from '../wire/packets.ts';
import { encode, encodeFor } from './fitness.ts';
import { Jobs } from './jobs.ts';
import { Sender } from './sender.ts';
import { refused, TIMED_OUT, type Verdict } from './verdicts.ts';
import type { Job } from './waiting.ts';

/** For DISCONNECT after the publishes have had their time, in milliseconds. */
const GOODBYE = 1000;

/** Bytes up to which what was checked is kept: nobody may come to publish it. */
const KEPT = 65_536;

interface Checked {
  readonly event: OutgoingEvent;
  readonly protocol: MqttVersion;
  readonly encoded: { readonly ok: true; readonly value: OutgoingMessage };
}

/** What the last CONNACK said. */
interface Known {
  readonly protocol: MqttVersion;
  readonly granted: ConnackProperties;
  readonly broker: string;
}

/** One publishing MQTT session on mqtt.js; see {@link Publisher}. */
export class MqttPublisher implements Publisher {
  readonly #options: PublisherOptions;
  readonly #name: string;
  readonly #brokers: string;
  readonly #sink: PublisherSink;
  readonly #report: (status: HostStatus) => void;
  readonly #connector: Connector;
  readonly #sender: Sender;
  readonly #notices: Notices;
  readonly #jobs = new Jobs({ expired: (job) => this.#expire(job), settled: () => this.#checkIdle() });
  /** What was checked last, which is often published next. */
  #checked: Checked | undefined;
  #known: Known | undefined;
  #epoch = 0;
  #over: string | undefined;
  #up = Promise.withResolvers<void>();
  #idle: (() => void) | undefined;

  constructor(options: PublisherOptions, sink: PublisherSink, around: Surroundings) {
    this.#options = options;
    this.#name = options.binding ?? options.clientId;
    this.#brokers = options.connection.addresses.map(({ display }) => display).join(' ');
    this.#sink = sink;
    this.#report = around.report;
    this.#notices = new Notices(this.#name, around.report);
    this.#sender = new Sender(options.outbox, this.#name, {
      report: around.report,
      ended: () => this.#checkIdle(),
      putAside: () => this.#connector.mended(),
      failed: (error) => this.#connector.fail(error as Error),
    });
    this.#connector = new Connector(
      { ...options, binding: this.#name, role: 'publisher' },
      {
        connecting: () => this.#connecting(),
        accepted: (accepted) => this.#accepted(accepted),
        drops: () => false,
        publish: (_message, done) => done(),
        packet: (packet: Packet) => this.#sender.answered(packet),
        down: (end) => this.#down(end),
        disconnected: (reason) => sink.disconnected(reason),
        blameless: () => this.#sender.isBlameless,
        failed: (error) => this.#failed(error),
      },
      around,
    );
  }

  start(): void {
    this.#connector.start();
  }

  get online(): boolean {
    return this.#sender.online;
  }

  get protocol(): MqttVersion | undefined {
    return this.#known?.protocol;
  }

  /** Also resolves when the session is closed or has failed, so that nobody waits for ever. */
  whenOnline(): Promise<void> {
    return this.#up.promise;
  }

  check(event: OutgoingEvent): PubsubError | undefined {
    const known = this.#known;
    const protocol = known?.protocol ?? this.#options.connection.protocol;
    const encoded =
      known === undefined ? encode(event, protocol) : encodeFor(event, protocol, known.granted, known.broker);
    if (!encoded.ok) return encoded.error;
    this.#checked = messageBytes(encoded.value) > KEPT ? undefined : { event, protocol, encoded };
    return undefined;
  }

  publish(event: OutgoingEvent, timeout: number): Promise<Verdict> {
    if (this.#over !== undefined) return Promise.resolve(refused('connection', this.#over));
    const protocol = this.#known?.protocol ?? this.#options.connection.protocol;
    const checked = this.#checked;
    this.#checked = undefined;
    const known = checked?.event === event && checked.protocol === protocol ? checked.encoded : undefined;
    const encoded = known ?? encode(event, protocol);
    if (!encoded.ok) return Promise.resolve(encoded);
    return new Promise((answer) => {
      const job = this.#jobs.open({ event, message: encoded.value, protocol, timeout, answer });
      if (!this.#sender.add(job)) job.settle(refused('other', `too many publishes wait for broker ${this.#brokers}`));
    });
  }

  /** What the outbox still holds after `timeout`, or when the session is not up, is sent by the next process. */
  async close(timeout: number): Promise<void> {
    const deadline = performance.now() + timeout;
    this.#over ??= 'the publisher is closed';
    if (!this.#isIdle()) {
      const idle = Promise.withResolvers<void>();
      this.#idle = idle.resolve;
      const timer = setTimeout(idle.resolve, timeout);
      await idle.promise;
      clearTimeout(timer);
    }
    for (const job of this.#jobs.all()) this.#expire(job);
    this.#jobs.stop();
    this.#sender.stop();
    await this.#connector.stop(Math.max(deadline - performance.now(), GOODBYE));
    this.#up.resolve();
  }

  /** Nobody waits, and what the outbox holds has left or cannot leave now. */
  #isIdle(): boolean {
    return this.#jobs.size === 0 && (this.#options.outbox.size === 0 || !this.online);
  }

  #checkIdle(): void {
    if (this.#idle !== undefined && this.#isIdle()) this.#idle();
  }

  #connecting(): Promise<void> {
    this.#sender.connecting();
    return this.#options.outbox.connecting();
  }

  async #accepted({ link, connack, protocol, address }: Accepted): Promise<void> {
    const granted = connack.properties ?? {};
    const broker = address.display;
    for (const text of reducedByConnack(granted, sessionExpirySeconds(this.#options.sessionExpiry), true))
      this.#notices.warn(`broker ${broker}: ${text}`);
    const { sessionPresent } = connack;
    const { mayRepeat, mayBeLost } = await this.#options.outbox.connected(sessionPresent);
    if (mayRepeat > 0 || mayBeLost > 0)
      this.#report({ kind: 'session-lost', binding: this.#name, broker, mayRepeat, mayBeLost });
    if (!link.open) return;
    this.#known = { protocol, granted, broker };
    this.#sink.connected({ epoch: ++this.#epoch, sessionPresent, protocol, address });
    this.#sender.begin({ link, protocol, granted, broker, resumed: sessionPresent });
    this.#up.resolve();
  }

  /** Its time is over. */
  #expire(job: Job): void {
    if (this.#sender.expire(job)) return;
    job.settle(this.online ? TIMED_OUT : refused('connection', this.#offline()));
  }

  #offline(): string {
    return `broker ${this.#brokers} cannot be reached: ${this.#connector.trouble ?? 'not connected yet'}`;
  }

  #down(end: LinkEnd): void {
    if (this.online && this.#over === undefined) this.#up = Promise.withResolvers();
    this.#sender.end(end);
    this.#checkIdle();
  }

  #failed(error: Error): void {
    this.#over ??= messageOf(error);
    this.#sender.end({ kind: 'local' });
    for (const job of this.#jobs.all()) job.settle(refused('connection', messageOf(error)));
    this.#jobs.stop();
    this.#up.resolve();
    this.#sink.failed(error);
  }
}
