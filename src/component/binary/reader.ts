const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What a reader throws where the bytes are no WebAssembly. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** Reads the primitives of the WebAssembly binary format from a stretch of bytes. */
export class Reader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
  /** Every name that was read, here and in parts. */
  readonly names: Set<string>;

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length, names: Set<string> = new Set()) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.names = names;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  fail(what: string): never {
    throw new MalformedError(`${what} at byte ${this.offset}`);
  }

  byte(): number {
    const value = this.offset < this.end ? this.bytes[this.offset] : undefined;
    if (value === undefined) this.fail('unexpected end');
    this.offset++;
    return value;
  }

  /** The next byte, not consumed. */
  peek(): number {
    const value = this.byte();
    this.offset--;
    return value;
  }

  /** LEB128, at most 5 bytes. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value <= 0xffff_ffff ? value : this.fail('integer too large');
    }
    return this.fail('integer too long');
  }

  /** LEB128, at most 10 bytes. */
  u64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.fail('integer too long');
  }

  /** A signed LEB128 of any width, skipped. */
  skipSigned(): void {
    while (this.byte() >= 0x80);
  }

  /** A stretch of `length` bytes as a reader of its own; this one goes on behind it. */
  sub(length: number): Reader {
    if (this.offset + length > this.end) this.fail('unexpected end');
    const part = new Reader(this.bytes, this.offset, this.offset + length, this.names);
    this.offset += length;
    return part;
  }

  name(): string {
    const { offset } = this;
    const part = this.sub(this.u32());
    try {
      const name = utf8.decode(this.bytes.subarray(part.offset, part.end));
      this.names.add(name);
      return name;
    } catch {
      this.offset = offset;
      return this.fail('malformed UTF-8');
    }
  }

  vector<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.u32(); left > 0; left--) items.push(read());
    return items;
  }

  optional<T>(read: () => T): T | undefined {
    return this.byte() === 0 ? undefined : read();
  }
}
