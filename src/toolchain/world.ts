/** A world as a guest in JavaScript sees it, read from the declarations that were generated for it. */
export interface GuestWorld {
  /** `namespace:package/world`, the module that declares it. */
  readonly module: string;
  /** Modules that can be imported, with their versions: `wasi:pubsub/data-basic@0.1.0`. */
  readonly imports: readonly string[];
  /** What the entry module has to export: functions, and objects of functions. */
  readonly exports: ReadonlyMap<string, readonly string[] | 'function'>;
}

const FUNCTION = /^ {2}export function (?:\w+ as )?(\w+)\(/gm;

function functionsOf(module: string, types: ReadonlyMap<string, string>): readonly string[] {
  for (const text of types.values()) {
    if (text.includes(`declare module '${module}' {`)) return [...text.matchAll(FUNCTION)].map(([, name = '']) => name);
  }
  return [];
}

/** `types` as the generator of declarations gave them. */
export function guestWorld(types: ReadonlyMap<string, string>): GuestWorld {
  const text = types.get('guest.d.ts') ?? '';
  const exports = new Map<string, readonly string[] | 'function'>();
  for (const [, name = '', module = ''] of text.matchAll(/^ {2}export \* as (\w+) from '([^']+)'/gm)) {
    exports.set(name, functionsOf(module, types));
  }
  for (const [, name = ''] of text.matchAll(FUNCTION)) exports.set(name, 'function');
  return {
    module: /^declare module '([^']+)'/m.exec(text)?.[1] ?? '',
    imports: [...text.matchAll(/^ {2}export type \* as \w+ from '([^']+)'; \/\/ import/gm)].map(([, id = '']) => id),
    exports,
  };
}
