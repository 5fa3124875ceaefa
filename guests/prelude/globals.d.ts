/** Globals of a guest that no standard library declares; "host build" provides them. */

interface GuestConsole {
  debug(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
  info(...values: readonly unknown[]): void;
  log(...values: readonly unknown[]): void;
  trace(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
}

/** Each call is one record of `wasi:logging`, so only a guest whose world imports that has it. */
declare var console: GuestConsole;

/** UTF-8. */
interface TextEncoder {
  encode(text: string): Uint8Array;
}
declare var TextEncoder: { new (): TextEncoder };

/** UTF-8, whole texts; malformed bytes are replaced or, with `fatal`, refused. */
interface TextDecoder {
  decode(bytes: Uint8Array): string;
}
declare var TextDecoder: { new (label?: 'utf-8', options?: { readonly fatal?: boolean }): TextDecoder };
