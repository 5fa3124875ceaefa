/** `TextEncoder` and `TextDecoder` for UTF-8, which the QuickJS runtime lacks. "host build" puts them before the guest. */
import { Utf8Decoder, Utf8Encoder } from './utf8.ts';

globalThis.TextEncoder ??= Utf8Encoder;
globalThis.TextDecoder ??= Utf8Decoder;
