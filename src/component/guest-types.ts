/**
 * TypeScript declarations for the guest's side of a world, by path: `guest.d.ts`, which declares the world as the
 * module `namespace:package/world` and refers to the others. `wit` is a whole package as one text, or a component;
 * without `world` the only one of its root package is taken. Loads the transpiler's bindings generator.
 */
export async function guestTypes(wit: string | Uint8Array, world?: string): Promise<Map<string, string>> {
  const { $init, generateTypes } = await import('@bytecodealliance/jco-transpile/component');
  await $init;
  const files = generateTypes('guest', {
    wit: typeof wit === 'string' ? { tag: 'source', val: wit } : { tag: 'binary', val: wit },
    ...(world === undefined ? {} : { world }),
    guest: true,
    tlaCompat: false,
    features: { tag: 'list', val: [] },
    flagsAsBigint: false,
    variantsInlineCases: false,
    useNamespaceObjects: false,
    enumValuesScreamingSnakeCase: false,
  });
  const decoder = new TextDecoder();
  return new Map(files.map(([path, bytes]) => [path, decoder.decode(bytes)]));
}
