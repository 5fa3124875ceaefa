import type { MessageProperties, MqttVersion, QoS } from '../../../types.ts';
import { type Frames, MalformedPacket } from './frames.ts';
import { KnownTexts } from './known-texts.ts';
import { Received } from './received.ts';

const NO_PROPERTIES: MessageProperties = Object.freeze({ userProperties: Object.freeze([]) });

/**
 * User properties that are kept of one message. A packet has room for 50 million, of which each takes twenty times as
 * much memory as in the packet: anybody who may publish could end the host.
 */
export const MOST_USER_PROPERTIES = 65_535;

/** Property identifiers that a PUBLISH may carry [MQTT 5, 2.2.2.2]. */
const PAYLOAD_FORMAT = 0x01;
const EXPIRY = 0x02;
const CONTENT_TYPE = 0x03;
const RESPONSE_TOPIC = 0x08;
const CORRELATION_DATA = 0x09;
const SUBSCRIPTION_ID = 0x0b;
const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;

/** One for all: what it holds is bounded. */
const known = new KnownTexts();

/**
 * Reads fields of a packet one after another. Where more than one text of the properties did not come before, all text is
 * decoded at once, and cut where it is ASCII.
 */
class Fields {
  at = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #text: string | undefined;
  #isFirst = true;
  #textFrom = 0;
  #textTo = 0;

  begin(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#text = undefined;
  }

  /** What {@link string} reads up to `end` is cut from one text. */
  decodeTo(end: number): void {
    this.#text = undefined;
    this.#isFirst = true;
    this.#textFrom = this.at;
    this.#textTo = end;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)] ?? 0;
  }

  uint16(): number {
    const at = this.#skip(2);
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16();
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedPacket('a length takes more than four bytes');
  }

  binary(): Buffer {
    const length = this.uint16();
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const length = this.uint16();
    const from = this.#skip(length);
    const to = from + length;
    const before = known.find(this.#bytes, from, to);
    if (before !== undefined) return before;
    if (!this.#isAscii(from, to)) return this.#bytes.toString('utf8', from, to);
    if (this.#isFirst) {
      this.#isFirst = false;
      return this.#bytes.toString('latin1', from, to);
    }
    this.#text ??= this.#bytes.toString('latin1', this.#textFrom, this.#textTo);
    return this.#text.slice(from - this.#textFrom, to - this.#textFrom);
  }

  /** The same for text that is kept for longer than its message: one that is cut keeps all that it is cut from. */
  ownString(): string {
    const length = this.uint16();
    const from = this.#skip(length);
    const to = from + length;
    const before = known.find(this.#bytes, from, to);
    if (before !== undefined) return before;
    return this.#bytes.toString(this.#isAscii(from, to) ? 'latin1' : 'utf8', from, to);
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.at, this.#end);
  }

  #isAscii(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if ((this.#bytes[i] ?? 0) > 0x7f) return false;
    return true;
  }

  /** Where the field of that length starts. */
  #skip(length: number): number {
    const { at } = this;
    if (at + length > this.#end) throw new MalformedPacket('a field reaches beyond the end of its packet');
    this.at = at + length;
    return at;
  }
}

/** One for all: nothing is read but a whole packet, in one go. */
const fields = new Fields();

type Mutable = { -readonly [K in keyof MessageProperties]: MessageProperties[K] };

/** User properties beyond {@link MOST_USER_PROPERTIES} of the packet that is read. */
let leftOut = 0;

function readUserProperty(user: (readonly [string, string])[]): void {
  const [name, value] = [fields.string(), fields.string()];
  if (user.length < MOST_USER_PROPERTIES) user.push([name, value]);
  else leftOut++;
}

function readProperty(found: Mutable, user: (readonly [string, string])[]): void {
  const id = fields.byte();
  if (id === USER_PROPERTY) readUserProperty(user);
  else if (id === CONTENT_TYPE) found.contentType = fields.string();
  else if (id === EXPIRY) found.expiry = fields.uint32();
  else if (id === RESPONSE_TOPIC) found.responseTopic = fields.string();
  else if (id === CORRELATION_DATA) found.correlationData = fields.binary();
  else if (id === SUBSCRIPTION_ID) fields.varint();
  else if (id === PAYLOAD_FORMAT) fields.byte();
  // CONNECT allows none: what came under it later would have no topic [MQTT-3.1.2-26].
  else if (id === TOPIC_ALIAS) throw new MalformedPacket('a PUBLISH has a topic alias, and none was allowed');
  else throw new MalformedPacket(`a PUBLISH has the property 0x${id.toString(16)}, which it may not have`);
}

function readProperties(packetEnd: number): MessageProperties {
  const length = fields.varint();
  if (length === 0) return NO_PROPERTIES;
  const end = fields.at + length;
  if (end > packetEnd) throw new MalformedPacket('the properties reach beyond the end of their packet');
  fields.decodeTo(end);
  const userProperties: (readonly [string, string])[] = [];
  const found: Mutable = {
    contentType: undefined,
    responseTopic: undefined,
    correlationData: undefined,
    expiry: undefined,
    userProperties,
  };
  while (fields.at < end) readProperty(found, userProperties);
  if (fields.at > end) throw new MalformedPacket('a property reaches beyond the end of all');
  return found;
}

/**
 * The message of the PUBLISH in `frames` [MQTT 5, 3.3]. Its payload is a view of what was received.
 * @throws {MalformedPacket}
 */
export function readPublish(frames: Frames, protocol: MqttVersion, epoch: number): Received {
  const { bytes, from, start, end } = frames;
  const header = bytes[from] ?? 0;
  const qos = (header >> 1) & 3;
  if (qos === 3) throw new MalformedPacket('a PUBLISH has QoS 3');
  fields.begin(bytes, start, end);
  const topic = fields.ownString();
  // No topic would mean an alias.
  if (topic === '') throw new MalformedPacket('a PUBLISH has no topic');
  const packetId = qos === 0 ? 0 : fields.uint16();
  if (qos > 0 && packetId === 0) throw new MalformedPacket('a PUBLISH has the packet id 0');
  leftOut = 0;
  const properties = protocol === 5 ? readProperties(end) : NO_PROPERTIES;
  const [retained, dup] = [(header & 1) === 1, (header & 8) === 8];
  return new Received(
    { topic, payload: fields.rest(), properties, qos: qos as QoS, retained, dup, packetId, epoch },
    leftOut,
  );
}
