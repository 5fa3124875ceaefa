const PUBLISH = 3;
/** Of packets with a packet id where their variable header begins: PUBACK to PUBCOMP. */
const ANSWERS: ReadonlySet<number> = new Set([4, 5, 6, 7]);
const NOTHING = Buffer.alloc(0);

/**
 * Finds MQTT control packets in a stream and tells the type, packet id and qos of PUBLISH and of what answers it
 * [MQTT 5, 2.1]; payloads are passed over, so that long runs cost little.
 */
export class PacketHeads {
  readonly #found: (type: number, packetId: number, qos: number) => void;
  #rest: Buffer = NOTHING;

  constructor(found: (type: number, packetId: number, qos: number) => void) {
    this.#found = found;
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
    const [type, qos] = [first >> 4, (first >> 1) & 3];
    if (ANSWERS.has(type)) this.#found(type, bytes.readUInt16BE(body), 0);
    else if (type === PUBLISH && qos > 0)
      this.#found(type, bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)), qos);
    return body + length;
  }
}
