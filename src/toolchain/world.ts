/** A function that the entry module has to export. */
export interface GuestExport {
  /** Its name, or that of an object and its own. */
  readonly path: readonly string[];
  /** An `async func` of the world: it may be an async function. */
  readonly async: boolean;
}

/** A world as a guest in JavaScript sees it, read from the declarations that were generated for it. */
export interface GuestWorld {
  /** `namespace:package/world`, the module that declares it. */
  readonly module: string;
  /** Modules that can be imported, with their versions: `wasi:pubsub/data-basic@0.1.0`. */
  readonly imports: readonly string[];
  readonly exports: readonly GuestExport[];
}

const FUNCTION = /^ {2}export function (?:\w+ as )?(\w+)\(.*\): (Promise<)?/gm;

function functionsIn(text: string, of: readonly string[] = []): readonly GuestExport[] {
  return [...text.matchAll(FUNCTION)].map(([, name = '', promise]) => ({
    path: [...of, name],
    async: promise !== undefined,
  }));
}

/** `types` as the generator of declarations gave them. */
export function guestWorld(types: ReadonlyMap<string, string>): GuestWorld {
  const text = types.get('guest.d.ts') ?? '';
  const texts = [...types.values()];
  const ofInterfaces = [...text.matchAll(/^ {2}export \* as (\w+) from '([^']+)'/gm)].flatMap(
    ([, name = '', id = '']) =>
      functionsIn(texts.find((each) => each.includes(`declare module '${id}' {`)) ?? '', [name]),
  );
  return {
    module: /^declare module '([^']+)'/m.exec(text)?.[1] ?? '',
    imports: [...text.matchAll(/^ {2}export type \* as \w+ from '([^']+)'; \/\/ import/gm)].map(([, id = '']) => id),
    exports: [...ofInterfaces, ...functionsIn(text)],
  };
}
