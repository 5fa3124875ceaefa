/** Texts that are remembered: topics, names and values of properties are few and come again and again. */
const SLOTS = 1024;
/** Longest text that is worth it, in bytes; together with the above the bound of all. */
const LONGEST = 64;

/** An ASCII text that came before as the string that it was then: none is made, and its hash is known to it. */
export class KnownTexts {
  readonly #texts: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Hash of the text that each slot was asked for last, and had not. */
  readonly #missed = new Int32Array(SLOTS);
  /** The same texts by a few of their bytes: where that finds one, all of them are read once instead of twice. */
  readonly #nearby: (string | undefined)[] = new Array(SLOTS).fill(undefined);

  /** The text of these bytes, or undefined where it is not known. */
  find(bytes: Uint8Array, from: number, to: number): string | undefined {
    const length = to - from;
    if (length > LONGEST || length === 0) return undefined;
    const near = sketch(bytes, from, length);
    const nearby = this.#nearby[near];
    if (nearby !== undefined && isText(nearby, bytes, from, length)) return nearby;
    const text = this.#lookUp(bytes, from, to);
    if (text !== undefined) this.#nearby[near] = text;
    return text;
  }

  #lookUp(bytes: Uint8Array, from: number, to: number): string | undefined {
    const length = to - from;
    let hash = length;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#texts[slot];
    if (known !== undefined && isText(known, bytes, from, length)) return known;
    // What comes once, such as an id, takes no other's place, and is not kept.
    if (this.#missed[slot] === hash) return this.#learn(slot, bytes, from, to);
    this.#missed[slot] = hash;
    return undefined;
  }

  #learn(slot: number, bytes: Uint8Array, from: number, to: number): string | undefined {
    for (let at = from; at < to; at++) if ((bytes[at] ?? 0) > 0x7f) return undefined;
    // Not cut from a larger one, which it would keep in memory.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
    this.#texts[slot] = text;
    return text;
  }
}

/** The place of a text by its length and some of its bytes: the last ones tell topics and ids apart. */
function sketch(bytes: Uint8Array, from: number, length: number): number {
  const last = from + length - 1;
  const ends = (bytes[from] ?? 0) * 7 + (bytes[last] ?? 0) * 31 + (bytes[last - 1] ?? 0) * 131;
  return (ends + (bytes[from + (length >> 1)] ?? 0) * 521 + length * 67) & (SLOTS - 1);
}

function isText(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
