/** Bytes above which a batch does not wait for the end of the turn. */
const FULL = 65_536;
const SMALLEST = 256;

/** What is written in one turn of the event loop, as one piece: each write to a socket costs as much as many packets. */
export class WriteBatch {
  readonly #write: (bytes: Buffer) => void;
  #bytes: Buffer | undefined;
  #used = 0;
  #last = SMALLEST;
  #scheduled = false;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Bytes that are not written yet. */
  get length(): number {
    return this.#used;
  }

  /** A packet of two bytes, its id and, where it is not 0, a reason code [MQTT 5, 3.4.2.1]. */
  short(header: number, packetId: number, reason = 0): void {
    const length = reason === 0 ? 4 : 5;
    const bytes = this.#room(length);
    const at = this.#used;
    bytes[at] = header;
    bytes[at + 1] = length - 2;
    bytes[at + 2] = packetId >> 8;
    bytes[at + 3] = packetId & 0xff;
    if (reason !== 0) bytes[at + 4] = reason;
    this.#used = at + length;
  }

  /** Written as they are: not to be changed any more where they are many. */
  add(packet: Buffer): void {
    if (packet.length > FULL) {
      this.flush();
      this.#write(packet);
      return;
    }
    packet.copy(this.#room(packet.length), this.#used);
    this.#used += packet.length;
  }

  /** Has a packet of as many bytes written into the batch, from the offset that it is told on. */
  packet(length: number, write: (bytes: Buffer, from: number) => void): void {
    if (length > FULL) {
      const packet = Buffer.allocUnsafe(length);
      write(packet, 0);
      this.add(packet);
      return;
    }
    write(this.#room(length), this.#used);
    this.#used += length;
  }

  flush(): void {
    const bytes = this.#bytes;
    if (bytes === undefined) return;
    const used = this.#used;
    this.#bytes = undefined;
    this.#used = 0;
    this.#last = Math.max(SMALLEST, used);
    this.#write(bytes.subarray(0, used));
  }

  /** What is written to: nothing that was handed on is used again. */
  #room(length: number): Buffer {
    const bytes = this.#bytes;
    if (bytes !== undefined && this.#used + length <= bytes.length) return bytes;
    if (this.#used + length > FULL) this.flush();
    // Not from Node's pool: one of those lives through so many batches that it is freed by a full collection only.
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#used + length, 2 * this.#used, this.#last));
    this.#bytes?.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
    this.#schedule();
    return larger;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
