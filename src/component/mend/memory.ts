import { count, parses } from './strip.ts';

const ENCODE = 'function _utf8AllocateAndEncode(s, realloc, memory) {';
const VIEW = 'const dataView = mem => dv.buffer === mem.buffer ? dv : dv = new DataView(mem.buffer);';
const BYTES =
  /valData(\d+) = new Uint8Array\(val\1\.buffer \|\| val\1, val\1\.byteOffset, valLenBytes\1\);\s*const out\1 = new Uint8Array\((\w+)\.buffer, (ptr\1), valLenBytes\1\);\s*out\1\.set\(valData\1\);/g;

const TEXT = /TEXT_DECODER_UTF8\.decode\(new Uint8Array\((memory\d+)\.buffer, (ptr\d+), (len\d+)\)\)/g;
const COPY = /new Uint8Array\((memory\d+)\.buffer\.slice\((ptr\d+), \2 \+ (len\d+) \* 1\)\)/g;

/** Memory that grows takes the buffer from the view of it, which is empty then. Shared memory does not. */
const HELPERS = `let _viewed = null;
  let _view = new Uint8Array();
  function _bytesOf(memory) {
    if (memory === _viewed && _view.length !== 0) return _view;
    const { buffer } = memory;
    _viewed = buffer instanceof ArrayBuffer ? memory : null;
    return _view = new Uint8Array(buffer);
  }
  function _encodeShort(s, realloc, memory) {
    const len = s.length;
    for (let i = 0; i < len; i++) if (s.charCodeAt(i) >= 0x80) return null;
    const ptr = realloc(0, 0, 1, len);
    const bytes = _bytesOf(memory);
    if (ptr < 0 || ptr + len > bytes.length) throw new RangeError(\`a string of \${len} bytes has no place at \${ptr}\`);
    for (let i = 0; i < len; i++) bytes[ptr + i] = s.charCodeAt(i);
    return { ptr, len, codepoints: len };
  }
  const _texts = new Array(64).fill('');
  function _textOf(memory, ptr, len) {
    const bytes = _bytesOf(memory);
    if (!(len >= 0 && len <= 64 && ptr >= 0 && ptr + len <= bytes.length)) return _decode(memory, ptr, len);
    if (len === 0) return '';
    const near = bytes[ptr] * 7 + bytes[ptr + len - 1] * 31 + bytes[ptr + (len >> 1)] * 521 + len * 67;
    const known = _texts[near & 63];
    if (_isText(known, bytes, ptr, len)) return known;
    const text = _decode(memory, ptr, len);
    if (text.length === len) _texts[near & 63] = text;
    return text;
  }
  function _decode(memory, ptr, len) {
    return TEXT_DECODER_UTF8.decode(new Uint8Array(memory.buffer, ptr, len));
  }
  function _isText(text, bytes, ptr, len) {
    if (text.length !== len) return false;
    for (let i = 0; i < len; i++) if (text.charCodeAt(i) !== bytes[ptr + i]) return false;
    return true;
  }
  `;
const SHORT = `
    if (typeof s === 'string' && s.length > 0 && s.length <= 64) {
      const short = _encodeShort(s, realloc, memory);
      if (short !== null) return short;
    }`;

/**
 * Makes it cheap to hand strings and bytes to a guest: the view of its memory is kept, and short strings, as most
 * attributes are, are written byte by byte, which is faster than calling an encoder as long as they are ASCII. Of those
 * that come from it, the last ones are known again where they are ASCII, of which there are as many characters as bytes:
 * others could be taken for bytes that are no text.
 *
 * What is not as known is left as it was, and so is code that would not parse afterwards.
 */
export function mendMemory(code: string): string {
  if (code.includes('_bytesOf') || [ENCODE, VIEW].some((known) => count(code, known) !== 1)) return code;
  const mended = code
    .replace(ENCODE, () => HELPERS + ENCODE + SHORT)
    .replace(VIEW, 'const dataView = mem => dv.buffer === _bytesOf(mem).buffer ? dv : dv = new DataView(mem.buffer);')
    .replace(BYTES, (whole, number, memory, pointer) => {
      return `if (val${number} instanceof Uint8Array) _bytesOf(${memory}).set(val${number}, ${pointer}); else {${whole}}`;
    })
    .replace(TEXT, '_textOf($1, $2, $3)')
    .replace(COPY, '_bytesOf($1).slice($2, $2 + $3)');
  return parses(mended) ? mended : code;
}

/** How many lists of bytes mended code copies through a view that is kept, and how many texts it may know; for a test. */
export function mendedMemory(code: string): {
  readonly written: number;
  readonly read: number;
  readonly texts: number;
} {
  return {
    written: count(code, /instanceof Uint8Array\) _bytesOf\(/),
    read: count(code, /\b_bytesOf\(\w+\)\.slice\(/),
    texts: count(code, /= _textOf\(/),
  };
}
