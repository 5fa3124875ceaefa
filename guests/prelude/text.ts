/**
 * `TextEncoder` and `TextDecoder` for UTF-8, which the QuickJS runtime lacks. Import this file before anything that
 * uses them.
 */
import { Utf8Decoder, Utf8Encoder } from './utf8.ts';

declare global {
  type TextEncoder = Utf8Encoder;
  type TextDecoder = Utf8Decoder;
  var TextEncoder: typeof Utf8Encoder;
  var TextDecoder: typeof Utf8Decoder;
}

globalThis.TextEncoder ??= Utf8Encoder;
globalThis.TextDecoder ??= Utf8Decoder;
