import { describe, expect, it } from 'vitest';
import { Utf8Decoder, Utf8Encoder } from '../../guests/prelude/utf8.ts';

const texts = ['', 'plain', 'é€😀', '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}', 'lone \ud800 half'];

const malformed = [
  '80',
  'c0af',
  'c3',
  'e282',
  'e28241',
  'eda080',
  'f0908d41',
  'f4908080',
  'f8888080',
  'ff41',
  'f09f98',
];

describe('Utf8Encoder', () => {
  it.each(texts)('encodes %j like the real one', (text) => {
    expect(new Utf8Encoder().encode(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
  });
});

describe('Utf8Decoder', () => {
  it.each(texts)('decodes %j like the real one', (text) => {
    const bytes = new TextEncoder().encode(text);
    expect(new Utf8Decoder().decode(bytes)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  });

  it.each(malformed)('replaces what is malformed in %s, and refuses it when fatal', (hex) => {
    const bytes = Buffer.from(hex, 'hex');
    const text = new Utf8Decoder().decode(bytes);
    expect(text).toContain('\ufffd');
    expect(text.replaceAll('\ufffd', '')).toBe(new TextDecoder().decode(bytes).replaceAll('\ufffd', ''));
    expect(() => new Utf8Decoder('utf-8', { fatal: true }).decode(bytes)).toThrow(TypeError);
  });
});
