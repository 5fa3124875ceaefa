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
    const found = varint(bytes, start + 1);
    if (found === undefined || found.end + found.value > bytes.length) return undefined;
    const { value: length, end: body } = found;
    const first = bytes[start] ?? 0;
    const [type, qos, dup] = [first >> 4, (first >> 1) & 3, (first & 8) !== 0];
    if (ANSWERS.has(type)) this.#found({ type, packetId: bytes.readUInt16BE(body), qos: 0, dup: false });
    else if (type === PUBLISH && qos > 0)
      this.#found({ type, packetId: bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)), qos, dup });
    else if (type === CONNECT) this.#connects(clientIdOf(bytes.subarray(body, body + length)));
    return body + length;
  }
}

/** A length and where it ends [MQTT 5, 1.5.5]; undefined while it is not whole. */
function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | undefined {
  let [value, at] = [0, start];
  for (let shift = 0; ; shift += 7) {
    const digit = bytes[at++];
    if (digit === undefined) return undefined;
    value |= (digit & 0x7f) << shift;
    if (digit < 0x80) return { value, end: at };
  }
}

function clientIdOf(connect: Buffer): string {
  const properties = connect[VERSION] === 5 ? varint(connect, AFTER_KEEP_ALIVE) : undefined;
  const at = properties === undefined ? AFTER_KEEP_ALIVE : properties.end + properties.value;
  return connect.toString('utf8', at + 2, at + 2 + connect.readUInt16BE(at));
}
