import type { Socket } from 'node:net';
import { connect, type IConnackPacket, type IPublishPacket, type MqttClient, type Packet } from 'mqtt';
import { writeToStream } from 'mqtt-packet';
import type { QoS } from '../../types.ts';
import { type ConnectRequest, clientOptions } from './client-options.ts';
import { Keepalive } from './keepalive.ts';
import { Pings } from './pings.ts';
import { networkReason } from './reasons.ts';

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
  /** Reading goes on when `done` is called. */
  publish(packet: IPublishPacket, done: () => void): void;
  /** Everything that answers or releases. */
  packet(packet: Packet): void;
  /** Once, and last. */
  ended(end: LinkEnd): void;
}

/** Bytes written and not yet taken by the network above which nothing new should be written. */
const CONGESTED = 1024 * 1024;

/**
 * One network connection. mqtt.js opens it, sends CONNECT and parses what comes; this class sees each packet before
 * mqtt.js does ('packetreceive'), takes from it what mqtt.js would answer by itself, and writes everything else.
 */
export class Link {
  readonly request: ConnectRequest;
  readonly #handlers: LinkHandlers;
  readonly #client: MqttClient | undefined;
  readonly #connackTimer: NodeJS.Timeout;
  readonly #gone = Promise.withResolvers<void>();
  readonly #pings = new Pings();
  #keepalive: Keepalive | undefined;
  #qos: QoS = 0;
  #held: (() => void) | undefined;
  #end: LinkEnd | undefined;
  #finishing = false;
  #accepted = false;
  #corked = false;

  /** `connectTimeout` is how long a CONNACK may take, in milliseconds, the network connection included. */
  constructor(request: ConnectRequest, connectTimeout: number, handlers: LinkHandlers) {
    this.request = request;
    this.#handlers = handlers;
    this.#connackTimer = setTimeout(() => {
      this.#fail({ kind: 'no-answer', text: `no answer within ${connectTimeout / 1000} s` });
    }, connectTimeout);
    try {
      this.#client = connect(clientOptions(request));
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
    return (this.#client?.stream.writableLength ?? 0) > CONGESTED;
  }

  /** Calls `then` once the network has taken what was written. */
  whenDrained(then: () => void): void {
    this.#client?.stream.once('drain', then);
  }

  /** What is written in one turn of the event loop leaves in one batch. Ignored once the link ends. */
  write(packet: Packet): void {
    const stream = this.#client?.stream;
    if (stream === undefined || !this.open || stream.destroyed) return;
    if (!this.#corked) {
      this.#corked = true;
      stream.cork();
      setImmediate(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    this.#keepalive?.sent();
    writeToStream(packet, stream, { protocolVersion: this.request.protocol });
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
      this.#held?.();
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

  #listen(client: MqttClient): void {
    const { stream } = client;
    // Nagle's algorithm costs QoS 1 a factor of four on an idle link. WebSocket sets it by itself.
    (stream as Partial<Socket>).setNoDelay?.(true);
    stream.on('data', () => this.#keepalive?.received());
    // A WebSocket handshake that fails says why only here.
    stream.on('error', (error) => this.#fail({ kind: 'error', text: networkReason(error) }));
    client.on('error', (error) => this.#fail({ kind: 'error', text: networkReason(error) }));
    client.on('packetreceive', (packet) => {
      if (this.#end === undefined) this.#guard(() => this.#receive(packet));
    });
    client.handleMessage = (packet, done) => this.#guard(() => this.#pump(packet, done));
    client.once('close', () => this.#closed());
  }

  /** Runs before mqtt.js looks at the packet: what is changed here, it never sees. */
  #receive(packet: Packet): void {
    switch (packet.cmd) {
      case 'connack':
        this.#connack(packet);
        break;
      case 'publish':
        this.#qos = packet.qos;
        // At QoS 0 mqtt.js neither acknowledges nor stores it.
        packet.qos = 0;
        break;
      case 'pubrel':
        this.#handlers.packet(packet);
        // mqtt.js would answer PUBCOMP by itself.
        (packet as Packet).cmd = 'pingresp';
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
        holding: () => this.#held !== undefined,
      },
    );
    this.#handlers.accepted(this, packet);
  }

  /** The relabelled PUBLISH reaches mqtt.js's handler: hands on the real one, and reads on when its taker says so. */
  #pump(packet: IPublishPacket, done: () => void): void {
    if (this.#end !== undefined) return;
    packet.qos = this.#qos;
    const go = () => {
      if (this.#held !== go) return;
      this.#held = undefined;
      this.#keepalive?.received();
      done();
    };
    this.#held = go;
    if (this.#finishing) go();
    else this.#handlers.publish(packet, go);
  }

  #guard(handle: () => void): void {
    try {
      handle();
    } catch (cause) {
      this.#fail({ kind: 'broken', cause });
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
