/** What the broker sent is not MQTT. */
export class MalformedPacket extends Error {}

const NOTHING: Buffer = Buffer.alloc(0);
/** Bits of a remaining length that a further byte would add: there are four bytes at most [MQTT 5, 1.5.5]. */
const MAX_SHIFT = 21;

/** Cuts what comes from the network into packets [MQTT 5, 2.1]. What a packet lacks is waited for, and joined once. */
export class Frames {
  /** Where the packet that {@link next} found lies: from `from` its fixed header, its body from `start` to `end`. */
  bytes: Buffer = NOTHING;
  from = 0;
  start = 0;
  end = 0;
  #later: Buffer[] = [];
  #laterBytes = 0;
  /** How much there has to be from `end` before the next packet can be whole. */
  #wanted = 2;

  push(chunk: Buffer): void {
    if (this.end === this.bytes.length && this.#laterBytes === 0) {
      this.bytes = chunk;
      this.end = 0;
      return;
    }
    this.#later.push(chunk);
    this.#laterBytes += chunk.length;
  }

  /** Finds the next whole packet; false where there is none yet. @throws {MalformedPacket} */
  next(): boolean {
    while (!this.#find()) if (!this.#goOn()) return false;
    return true;
  }

  /** Goes on to what came later; false where the next packet lacks something still. */
  #goOn(): boolean {
    const rest = this.bytes.length - this.end;
    if (rest > 0 && rest + this.#laterBytes < this.#wanted) return false;
    if (rest > 0) {
      this.bytes = this.#joined(this.bytes.subarray(this.end), this.#wanted - rest);
      this.end = 0;
      return true;
    }
    const chunk = this.#later.shift();
    this.bytes = chunk ?? NOTHING;
    this.end = 0;
    this.#laterBytes -= this.bytes.length;
    return chunk !== undefined;
  }

  /**
   * One piece of what is there and what it lacks, and of no more: payloads are views, and a small message behind a large
   * one would keep that in memory.
   */
  #joined(there: Buffer, lacks: number): Buffer {
    let used = 0;
    let beyond = -lacks;
    while (beyond < 0) beyond += this.#later[used++]?.length ?? 0;
    // At once: there can be millions of pieces.
    const pieces = this.#later.splice(0, used);
    const last = pieces.at(-1) ?? NOTHING;
    if (beyond > 0) this.#later.unshift(last.subarray(last.length - beyond));
    this.#laterBytes -= lacks;
    // Not from Node's pool either, which would be kept whole.
    const whole = Buffer.allocUnsafeSlow(there.length + lacks);
    let at = there.copy(whole);
    for (const piece of pieces) at += piece.copy(whole, at);
    return whole;
  }

  #find(): boolean {
    const { bytes, end: from } = this;
    let length = 0;
    let at = from + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) {
        this.#wanted = at - from;
        return false;
      }
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      if (shift === MAX_SHIFT) throw new MalformedPacket('a packet has a remaining length of more than four bytes');
    }
    if (at + length > bytes.length) {
      this.#wanted = at + length - from;
      return false;
    }
    this.from = from;
    this.start = at;
    this.end = at + length;
    return true;
  }
}
