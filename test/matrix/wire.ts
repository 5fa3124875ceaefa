import { connect, type Socket } from 'node:net';
import { type IConnectPacket, type Packet, parser, writeToStream } from 'mqtt-packet';
import { test } from 'vitest';
import type { QoS } from '../../src/types.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { Transcript } from './transcript.ts';

type Of<K extends Packet['cmd']> = Extract<Packet, { cmd: K }>;

export interface WireOptions {
  readonly protocol: 4 | 5;
  readonly clean?: boolean;
  readonly receiveMaximum?: number;
}

/** For an answer that has to come, in milliseconds; only a failure takes so long. */
const PATIENCE = 15_000;

/** A client that writes nothing by itself, so that what a broker does by itself shows. */
export class Wire {
  readonly #name: string;
  readonly #socket: Socket;
  readonly #protocol: 4 | 5;
  readonly #transcript: Transcript;
  /** Everything that came and was not taken yet. */
  readonly #inbox: Packet[] = [];
  #id = 0;
  sessionPresent = false;

  private constructor(name: string, socket: Socket, protocol: 4 | 5, transcript: Transcript) {
    this.#name = name;
    this.#socket = socket;
    this.#protocol = protocol;
    this.#transcript = transcript;
    const incoming = parser({ protocolVersion: protocol });
    incoming.on('packet', (packet) => {
      // What a parser returns is used again for the next packet.
      this.#inbox.push(packet);
      this.#transcript.received(name, packet);
    });
    incoming.on('error', (error) => this.#transcript.note(`${name}: ${error.message}`));
    socket.on('data', (chunk: Buffer) => void incoming.parse(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#transcript.note(`${name}: the connection is closed`));
    atEnd(() => socket.destroy());
  }

  /** Connects, and takes the CONNACK. A session that is kept is kept for an hour. */
  static async open(port: number, clientId: string, transcript: Transcript, options: WireOptions): Promise<Wire> {
    const { protocol, clean = false, receiveMaximum } = options;
    const socket = connect(port, '127.0.0.1').setNoDelay();
    const wire = new Wire(clientId.replace(/-.*/, ''), socket, protocol, transcript);
    const properties = {
      ...(clean ? {} : { sessionExpiryInterval: 3_600 }),
      ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
    };
    const packet: IConnectPacket = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: protocol,
      clientId,
      clean,
      keepalive: 600,
      ...(protocol === 5 ? { properties } : {}),
    };
    wire.send(packet);
    wire.sessionPresent = (await wire.next('connack')).sessionPresent;
    return wire;
  }

  send(packet: Packet): void {
    this.#transcript.sent(this.#name, packet);
    writeToStream(packet, this.#socket, { protocolVersion: this.#protocol });
  }

  answer(cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', messageId = 0): void {
    this.send({ cmd, messageId, reasonCode: 0 });
  }

  /** Takes the next packet of that kind, once it is there. */
  async next<K extends Packet['cmd']>(cmd: K, where: (packet: Of<K>) => boolean = () => true): Promise<Of<K>> {
    return eventually(
      () => {
        const index = this.#inbox.findIndex((packet) => packet.cmd === cmd && where(packet as Of<K>));
        if (index < 0) throw new Error(`${this.#name}: no ${cmd.toUpperCase()} came`);
        return this.#inbox.splice(index, 1)[0] as Of<K>;
      },
      { timeout: PATIENCE, interval: 5 },
    );
  }

  /** Those that came and were not taken. */
  waiting<K extends Packet['cmd']>(cmd: K): Of<K>[] {
    return this.#inbox.filter((packet): packet is Of<K> => packet.cmd === cmd);
  }

  async subscribe(topic: string, qos: QoS): Promise<Of<'suback'>> {
    const messageId = ++this.#id;
    this.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos }] });
    return this.next('suback');
  }

  async unsubscribe(topic: string): Promise<void> {
    this.send({ cmd: 'unsubscribe', messageId: ++this.#id, unsubscriptions: [topic] });
    await this.next('unsuback');
  }

  /** Resolves when the broker has answered a ping. */
  async ping(): Promise<void> {
    this.send({ cmd: 'pingreq' });
    await this.next('pingresp');
  }

  publish(topic: string, payload: string, qos: QoS, { dup = false, retain = false, id = ++this.#id } = {}): number {
    this.send({ cmd: 'publish', topic, payload, qos, dup, retain, ...(qos === 0 ? {} : { messageId: id }) });
    return id;
  }

  /** Publishes, and does its part until the broker has it. */
  async deliver(
    topic: string,
    payload: string,
    qos: 1 | 2,
    options: { readonly retain?: boolean } = {},
  ): Promise<void> {
    const id = this.publish(topic, payload, qos, options);
    const mine = ({ messageId }: Packet) => messageId === id;
    if (qos === 1) {
      await this.next('puback', mine);
      return;
    }
    await this.next('pubrec', mine);
    this.answer('pubrel', id);
    await this.next('pubcomp', mine);
  }

  /** Takes the next PUBLISH and answers it as far as it takes. */
  async take(): Promise<string> {
    const { qos, payload, messageId } = await this.next('publish');
    if (qos === 1) this.answer('puback', messageId);
    if (qos === 2) {
      this.answer('pubrec', messageId);
      await this.next('pubrel', (packet) => packet.messageId === messageId);
      this.answer('pubcomp', messageId);
    }
    return String(payload);
  }

  /** Resets the connection at once, as the kernel does for a process that was killed. */
  reset(): void {
    this.#transcript.note(`${this.#name}: resets the connection`);
    this.#socket.resetAndDestroy();
  }

  /** Closes the connection, without DISCONNECT, and waits until it is closed here. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await closed;
  }
}

/** A test whose failure says what went over the wire. */
export function probe(name: string, body: (transcript: Transcript) => Promise<void>): void {
  test(name, async () => {
    const transcript = new Transcript();
    try {
      await body(transcript);
    } catch (error) {
      const failure = new Error(`${error instanceof Error ? error.message : String(error)}\n\n${transcript}`);
      failure.stack = failure.message;
      throw failure;
    }
  });
}
