import { type Packet, type Parser, parser } from 'mqtt-packet';
import type { IncomingMessage, MqttVersion } from '../../../types.ts';
import { Frames, MalformedPacket } from './frames.ts';
import { readPublish } from './read-publish.ts';

const PUBLISH = 3;
const QOS_BITS = 0x06;
/** What is answered and released with: type of the packet to its name. */
const EXCHANGE: readonly (Packet['cmd'] | undefined)[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
];

export interface ReaderHooks {
  /** Counts the connections of the session: messages say which one they came on. */
  epoch(): number;
  /** Asked before each PUBLISH at QoS 0: true where it is thrown away, unread. */
  drops(): boolean;
  /** Nothing is read before {@link PacketReader.release}. */
  publish(message: IncomingMessage): void;
  packet(packet: Packet): void;
  /** No more is to be read. */
  over(): boolean;
}

/**
 * Reads one connection's packets, in order. What comes for every message is read here, since mqtt.js takes several
 * times as long for it; everything else by its own parser.
 */
export class PacketReader {
  readonly #protocol: MqttVersion;
  readonly #hooks: ReaderHooks;
  readonly #frames = new Frames();
  readonly #others: Parser;
  #held = false;
  #reading = false;

  constructor(protocol: MqttVersion, hooks: ReaderHooks) {
    this.#protocol = protocol;
    this.#hooks = hooks;
    this.#others = parser({ protocolVersion: protocol });
    this.#others.on('packet', (packet) => hooks.packet(packet));
    this.#others.on('error', (error) => {
      throw new MalformedPacket(error.message, { cause: error });
    });
  }

  /** A message has been handed on, and its taker has not said yet that more may be read. */
  get held(): boolean {
    return this.#held;
  }

  /** @throws {Error} where it is not MQTT, and what a hook throws. */
  push(chunk: Buffer): void {
    this.#frames.push(chunk);
    this.read();
  }

  /** More may be read; false where this is not within {@link push}, so that {@link read} has to be called. */
  release(): boolean {
    this.#held = false;
    return this.#reading;
  }

  /** Reads on in what has come. @throws as {@link push} */
  read(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#held && !this.#hooks.over() && this.#frames.next()) this.#take();
    } finally {
      this.#reading = false;
    }
  }

  #take(): void {
    const { bytes, from, start, end } = this.#frames;
    const header = bytes[from] ?? 0;
    const type = header >> 4;
    if (type === PUBLISH) {
      // Where it ends is known. Whether it is malformed within makes no difference to what is thrown away, and a topic
      // alias, which those behind it would need, is not allowed to any.
      if ((header & QOS_BITS) === 0 && this.#hooks.drops()) return;
      this.#held = true;
      this.#hooks.publish(readPublish(this.#frames, this.#protocol, this.#hooks.epoch()));
      return;
    }
    const cmd = EXCHANGE[type];
    // Longer ones have properties.
    if (cmd === undefined || end - start < 2 || end - start > 3) this.#others.parse(bytes.subarray(from, end));
    else
      this.#hooks.packet({
        cmd,
        messageId: bytes.readUInt16BE(start),
        reasonCode: reasonAt(bytes, start, end),
      } as Packet);
  }
}

function reasonAt(bytes: Buffer, start: number, end: number): number {
  return end - start === 3 ? (bytes[start + 2] ?? 0) : 0;
}
