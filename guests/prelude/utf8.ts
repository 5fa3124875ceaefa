const REPLACEMENT = 0xfffd;

/** How many ASCII characters are made at once: far faster than one by one, and few enough for a call's arguments. */
const RUN = 1024;

/** The smallest code point that takes 1, 2, 3 and 4 bytes: fewer bytes would do for a smaller one. */
const SMALLEST = [0, 0x80, 0x800, 0x1_0000];

/** What a guest needs of `TextEncoder`. */
export class Utf8Encoder {
  encode(text: string): Uint8Array {
    const bytes: number[] = [];
    for (const character of text.toWellFormed()) {
      const point = character.codePointAt(0) ?? REPLACEMENT;
      if (point < 0x80) bytes.push(point);
      else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point));
      else if (point < 0x1_0000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point));
      else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point));
    }
    return Uint8Array.from(bytes);
  }
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

/** What a guest needs of `TextDecoder`: whole texts, malformed bytes replaced or, when `fatal`, refused. */
export class Utf8Decoder {
  readonly #fatal: boolean;

  constructor(_label?: 'utf-8', options: { readonly fatal?: boolean } = {}) {
    this.#fatal = options.fatal ?? false;
  }

  decode(bytes: Uint8Array): string {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const end = asciiEnd(bytes, at);
      if (end > at) {
        text += String.fromCharCode(...bytes.subarray(at, end));
        at = end;
        continue;
      }
      const { point, length } = decodeOne(bytes, at);
      if (point === undefined && this.#fatal) throw new TypeError(`byte ${at} is not valid UTF-8`);
      text += String.fromCodePoint(point ?? REPLACEMENT);
      at += length;
    }
    return text;
  }
}

/** Where the ASCII that begins at `at` ends, or a run of it. */
function asciiEnd(bytes: Uint8Array, at: number): number {
  const most = Math.min(at + RUN, bytes.length);
  let end = at;
  while (end < most && (bytes[end] as number) < 0x80) end++;
  return end;
}

/** The code point at `at` and its length; without a point when the bytes are malformed. */
function decodeOne(bytes: Uint8Array, at: number): { point?: number; length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { point: first, length: 1 };
  const tails = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4) return { length: 1 };
  let point = first & (0x3f >> tails);
  for (let i = 1; i <= tails; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return { length: i };
    point = (point << 6) | (next & 0x3f);
  }
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < (SMALLEST[tails] ?? 0) || point > 0x10_ffff || surrogate) return { length: tails + 1 };
  return { point, length: tails + 1 };
}
