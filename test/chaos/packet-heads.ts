const CONNECT = 1;
const PUBLISH = 3;
/** Of packets with a packet id where their variable header begins: PUBACK to PUBCOMP. */
const ANSWERS: ReadonlySet<number> = new Set([4, 5, 6, 7]);
const NOTHING = Buffer.alloc(0);

/** Where the variable header of a CONNECT has the protocol's version, and where it ends or its properties begin. */
const VERSION = 6;
const AFTER_KEEP_ALIVE = 10;

export interface PacketHead {
  readonly type: number;
  readonly packetId: number;
  /** Of a PUBLISH. */
  readonly qos: number;
  readonly dup: boolean;
}

/**
 * Finds MQTT control packets in a stream and tells of PUBLISH and of what answers it, and whose connection it is
 * [MQTT 5, 2.1]; payloads are passed over, so that long runs cost little.
 */
export class PacketHeads {
  readonly #found: (head: PacketHead) => void;
  readonly #connects: (clientId: string) => void;
  #rest: Buffer = NOTHING;

  constructor(found: (head: PacketHead) => void, connects: (clientId: string) => void = () => {}) {
    this.#found = found;
    this.#connects = connects;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = this.#packet(bytes, at); end !== undefined; end = this.#packet(bytes, at)) at = end;
    this.#rest = at === bytes.length ? NOTHING : bytes.subarray(at);
  }

  /** Where the packet at `start` ends; undefined while it is not whole. */
  #packet(bytes: Buffer, start: number): number | undefined {
    let [length, at] = [0, start + 1];
    for (let shift = 0; ; shift += 7, at++) {
      const digit = bytes[at];
      if (digit === undefined) return undefined;
      length |= (digit & 0x7f) << shift;
      if (digit < 0x80) break;
    }
    const body = at + 1;
    if (body + length > bytes.length) return undefined;
    const first = bytes[start] ?? 0;
    const [type, qos, dup] = [first >> 4, (first >> 1) & 3, (first & 8) !== 0];
    if (ANSWERS.has(type)) this.#found({ type, packetId: bytes.readUInt16BE(body), qos: 0, dup: false });
    else if (type === PUBLISH && qos > 0)
      this.#found({ type, packetId: bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)), qos, dup });
    else if (type === CONNECT) this.#connects(clientIdOf(bytes.subarray(body, body + length)));
    return body + length;
  }
}

function clientIdOf(connect: Buffer): string {
  let at = AFTER_KEEP_ALIVE;
  if (connect[VERSION] === 5) {
    let [length, shift] = [0, 0];
    do length |= ((connect[at] ?? 0) & 0x7f) << (7 * shift++);
    while (((connect[at++] ?? 0) & 0x80) !== 0);
    at += length;
  }
  return connect.toString('utf8', at + 2, at + 2 + connect.readUInt16BE(at));
}
