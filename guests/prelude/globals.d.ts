/**
 * Globals of a guest that `lib.es*` does not declare; "host build" provides them. A project with the library "dom" has
 * them declared already, and more that a guest has not.
 */

interface GuestConsole {
  debug(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
  info(...values: readonly unknown[]): void;
  log(...values: readonly unknown[]): void;
  trace(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
}

/** Each call is one record of `wasi:logging`, so only a guest whose world imports that has it. */
declare var console: typeof globalThis extends { onmessage: unknown; console: infer T } ? T : GuestConsole;

/** UTF-8. */
interface TextEncoder {
  encode(text: string): Uint8Array;
}
declare var TextEncoder: typeof globalThis extends { onmessage: unknown; TextEncoder: infer T }
  ? T
  : { new (): TextEncoder };

/** UTF-8, whole texts; malformed bytes are replaced or, with `fatal`, refused. */
interface TextDecoder {
  decode(bytes: Uint8Array): string;
}
declare var TextDecoder: typeof globalThis extends { onmessage: unknown; TextDecoder: infer T }
  ? T
  : { new (label?: 'utf-8', options?: { readonly fatal?: boolean }): TextDecoder };
