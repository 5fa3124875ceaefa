/** MQTT control packets, the types that the benchmark deals with. */
export const PacketType = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const;

/** `bytes` holds a whole packet from `at` to `end`, its variable header begins at `body`. */
export type OnFrame = (bytes: Buffer, at: number, body: number, end: number) => void;

/**
 * Cuts what comes from a socket into packets [MQTT-2.1.4]. `onFrame` must not keep `bytes`, and is told of the end of
 * each chunk with `onChunk`, where it may answer all of it with one write.
 */
export function frames(onFrame: OnFrame, onChunk: () => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let body = at + 1;
      let shift = 0;
      let byte = 0x80;
      while (byte >= 0x80 && body < bytes.length) {
        byte = bytes[body++] ?? 0;
        length += (byte & 0x7f) * 2 ** shift;
        shift += 7;
      }
      if (byte >= 0x80 || body + length > bytes.length) break;
      onFrame(bytes, at, body, body + length);
      at = body + length;
    }
    rest = at === bytes.length ? undefined : bytes.subarray(at);
    onChunk();
  };
}

/** Answers of four bytes, gathered and written at once. */
export class AnswerBatch {
  #bytes = Buffer.allocUnsafe(4_096);
  #length = 0;

  add(head: number, packetId: number): void {
    if (this.#length + 4 > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#bytes[this.#length] = head;
    this.#bytes[this.#length + 1] = 2;
    this.#bytes.writeUInt16BE(packetId, this.#length + 2);
    this.#length += 4;
  }

  /** What was gathered, as bytes that nobody changes; undefined where there is nothing. */
  take(): Buffer | undefined {
    if (this.#length === 0) return undefined;
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }
}
