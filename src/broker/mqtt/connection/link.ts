import type { Socket } from 'node:net';
import type { IConnackPacket, MqttClient, Packet } from 'mqtt';
import { generate } from 'mqtt-packet';
import type { IncomingMessage, OutgoingMessage } from '../../../types.ts';
import { MalformedPacket } from '../wire/frames.ts';
import { PacketReader } from '../wire/packet-reader.ts';
import { networkReason } from '../wire/reasons.ts';
import { WriteBatch } from '../wire/write-batch.ts';
import { writePublish } from '../wire/write-publish.ts';
import type { ConnectRequest } from './client-options.ts';
import { Keepalive } from './keepalive.ts';
import { openClient } from './open-client.ts';
import { Pings } from './pings.ts';

/** How a network connection ended. */
export type LinkEnd =
  /** By a CONNACK. */
  | { readonly kind: 'refused'; readonly code: number; readonly reasonString?: string | undefined }
  /** By a DISCONNECT of the broker. */
  | { readonly kind: 'disconnect'; readonly code: number; readonly reasonString?: string | undefined }
  /** The broker closed it, without a word. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'error' | 'silent' | 'no-answer'; readonly text: string }
  /** The options cannot be used at all: no attempt was made. */
  | { readonly kind: 'unusable'; readonly text: string; readonly cause: unknown }
  /** A handler of ours threw. */
  | { readonly kind: 'broken'; readonly cause: unknown }
  /** We closed it. */
  | { readonly kind: 'local' };

/** Called in wire order. One that throws ends the link, so that nothing is ever thrown into mqtt.js. */
export interface LinkHandlers {
  /** A CONNACK that accepts. */
  accepted(link: Link, connack: IConnackPacket): void;
  /** Whether a message at QoS 0 that has come is thrown away, unread. */
  drops(): boolean;
  /** Reading goes on when `done` is called. */
  publish(message: IncomingMessage, done: () => void): void;
  /** Everything that answers or releases. */
  packet(packet: Packet): void;
  /** Once, and last. */
  ended(end: LinkEnd): void;
}

/** Bytes written and not yet taken by the network above which nothing new should be written. */
const CONGESTED = 1024 * 1024;

/** First byte of the packets that answer and release [MQTT 5, 2.1.2, 2.1.3]. */
const SHORT = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const;

/**
 * One network connection. mqtt.js opens it, with TLS and WebSocket where asked for, and sends CONNECT; from then on it
 * reads nothing, so that it answers nothing by itself, and this class reads and writes everything.
 */
export class Link {
  readonly request: ConnectRequest;
  /** That of the session when this is its connection: what is received says so. */
  epoch = 0;
  readonly #handlers: LinkHandlers;
  readonly #client: MqttClient | undefined;
  readonly #connackTimer: NodeJS.Timeout;
  readonly #gone = Promise.withResolvers<void>();
  readonly #pings = new Pings();
  readonly #reader: PacketReader;
  readonly #batch = new WriteBatch((bytes) => {
    if (this.#client?.stream.destroyed === false) this.#client.stream.write(bytes);
  });
  readonly #readOn = () => this.#goOn();
  #keepalive: Keepalive | undefined;
  #end: LinkEnd | undefined;
  #finishing = false;
  #accepted = false;
  #paused = false;

  /** `connectTimeout` is how long a CONNACK may take, in milliseconds, the network connection included. */
  constructor(request: ConnectRequest, connectTimeout: number, handlers: LinkHandlers) {
    this.request = request;
    this.#handlers = handlers;
    this.#reader = new PacketReader(request.protocol, {
      epoch: () => this.epoch,
      drops: () => this.#accepted && !this.#finishing && this.#handlers.drops(),
      publish: (message) => this.#publish(message),
      packet: (packet) => this.#receive(packet),
      over: () => this.#end !== undefined,
    });
    this.#connackTimer = setTimeout(() => {
      this.#fail({ kind: 'no-answer', text: `no answer within ${connectTimeout / 1000} s` });
    }, connectTimeout);
    try {
      this.#client = openClient(request);
      this.#listen(this.#client);
    } catch (cause) {
      this.#end = { kind: 'unusable', text: networkReason(cause), cause };
      process.nextTick(() => this.#closed());
    }
  }

  /** Until it ended or began to end. */
  get open(): boolean {
    return this.#end === undefined && !this.#finishing;
  }

  get accepted(): boolean {
    return this.#accepted;
  }

  get congested(): boolean {
    return (this.#client?.stream.writableLength ?? 0) + this.#batch.length > CONGESTED;
  }

  /** Calls `then` once the network has taken what was written. */
  whenDrained(then: () => void): void {
    this.#client?.stream.once('drain', then);
  }

  /** What is written in one turn of the event loop leaves in one piece. Ignored once the link ends. */
  write(packet: Packet): void {
    if (this.#writable()) this.#batch.add(generate(packet, { protocolVersion: this.request.protocol }));
  }

  /** The same for a PUBLISH. */
  publish(message: OutgoingMessage, packetId: number, dup: boolean): void {
    if (this.#writable()) writePublish(this.#batch, message, packetId, dup, this.request.protocol);
  }

  /** The same for the packets that there are for each message. MQTT 3.1.1 has no reason codes. */
  answer(packet: keyof typeof SHORT, packetId: number, reason = 0): void {
    if (this.#writable()) this.#batch.short(SHORT[packet], packetId, this.request.protocol === 5 ? reason : 0);
  }

  /** Sends a PINGREQ; `over` is told once whether its answer came, after all that the broker had sent before it. */
  ping(over?: (answered: boolean) => void): void {
    if (!this.open) {
      over?.(false);
      return;
    }
    this.write({ cmd: 'pingreq' });
    this.#pings.sent(over);
  }

  /**
   * Says goodbye and closes, waiting for the broker to close at most `timeout`. What still arrives is thrown away
   * unacknowledged: leaving it unread would reset the connection and could take our last acknowledgements with it.
   */
  async finish(sessionExpiryInterval: number | undefined, timeout: number): Promise<void> {
    if (!this.#accepted) this.drop();
    if (this.open) {
      const properties = sessionExpiryInterval === undefined ? {} : { properties: { sessionExpiryInterval } };
      this.write({ cmd: 'disconnect', reasonCode: 0, ...properties });
      this.#finishing = true;
      this.#goOn();
      setImmediate(() => this.#client?.stream.end());
    }
    const timer = setTimeout(() => this.drop(), timeout);
    await this.#gone.promise;
    clearTimeout(timer);
  }

  /** Closes at once, without a DISCONNECT: the broker publishes the will. */
  drop(): void {
    this.#fail({ kind: 'local' });
  }

  #fail(end: LinkEnd): void {
    this.#end ??= end;
    this.#client?.stream.destroy();
  }

  #writable(): boolean {
    if (!this.open || this.#client?.stream.destroyed !== false) return false;
    this.#keepalive?.sent();
    return true;
  }

  #listen(client: MqttClient): void {
    const { stream } = client;
    // mqtt.js has taken up reading, and nothing is there yet.
    stream.unpipe();
    // Nagle's algorithm costs QoS 1 a factor of four on an idle link. WebSocket sets it by itself.
    (stream as Partial<Socket>).setNoDelay?.(true);
    stream.on('data', (chunk: Buffer) => {
      this.#keepalive?.received();
      this.#guard(() => this.#reader.push(chunk));
      this.#throttle();
    });
    stream.resume();
    // A WebSocket handshake that fails says why only here.
    stream.on('error', (error) => this.#fail({ kind: 'error', text: networkReason(error) }));
    client.on('error', (error) => this.#fail({ kind: 'error', text: networkReason(error) }));
    client.once('close', () => this.#closed());
  }

  #receive(packet: Packet): void {
    switch (packet.cmd) {
      case 'connack':
        this.#connack(packet);
        break;
      case 'pingresp':
        this.#pings.answered();
        break;
      case 'disconnect':
        this.#refuse('disconnect', packet.reasonCode ?? 0, packet.properties?.reasonString);
        break;
      default:
        this.#handlers.packet(packet);
    }
  }

  #refuse(kind: 'refused' | 'disconnect', code: number, reasonString: string | undefined): void {
    this.#fail({ kind, code, reasonString });
  }

  #connack(packet: IConnackPacket): void {
    if (this.#accepted) return;
    clearTimeout(this.#connackTimer);
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code === 0) this.#accept(packet);
    else this.#refuse('refused', code, packet.properties?.reasonString);
  }

  #accept(packet: IConnackPacket): void {
    this.#accepted = true;
    const serverKeepalive = packet.properties?.serverKeepAlive;
    this.#keepalive = new Keepalive(
      serverKeepalive === undefined ? this.request.connection.keepalive : serverKeepalive * 1000,
      {
        ping: () => this.ping(),
        dead: () => this.#fail({ kind: 'silent', text: 'the broker fell silent: no answer to pings' }),
        holding: () => this.#reader.held,
      },
    );
    this.#handlers.accepted(this, packet);
  }

  #publish(message: IncomingMessage): void {
    // It would be of no session, and hold back the CONNACK behind it [MQTT-3.2.0-1].
    if (!this.#accepted) throw new MalformedPacket('the broker sent a PUBLISH before CONNACK');
    if (this.#finishing) this.#reader.release();
    else this.#handlers.publish(message, this.#readOn);
  }

  /** Whoever has a message says that more may be read. */
  #goOn(): void {
    if (this.#end !== undefined || !this.#reader.held || this.#reader.release()) return;
    this.#keepalive?.received();
    this.#guard(() => this.#reader.read());
    this.#throttle();
  }

  /** While a message is held, what comes behind it stays with the network. */
  #throttle(): void {
    const stream = this.#client?.stream;
    if (stream === undefined || this.#paused === this.#reader.held) return;
    this.#paused = this.#reader.held;
    if (this.#paused) stream.pause();
    else stream.resume();
  }

  #guard(handle: () => void): void {
    try {
      handle();
    } catch (cause) {
      if (cause instanceof MalformedPacket) this.#fail({ kind: 'error', text: networkReason(cause) });
      else this.#fail({ kind: 'broken', cause });
    }
  }

  #closed(): void {
    clearTimeout(this.#connackTimer);
    this.#keepalive?.stop();
    this.#end ??= this.#finishing ? { kind: 'local' } : { kind: 'closed' };
    this.#pings.fail();
    this.#handlers.ended(this.#end);
    this.#gone.resolve();
  }
}
