import { $init, generateTypes, type Wit } from '@bytecodealliance/jco-transpile/component';

/**
 * TypeScript declarations for the guest's side of a world, by path; `guest.d.ts` refers to the others. Without `world`
 * the only one of the root package is taken; a component has no other.
 */
export async function guestTypes(wit: Wit, world?: string): Promise<Map<string, Uint8Array>> {
  await $init;
  return new Map(
    generateTypes('guest', {
      wit,
      ...(world === undefined ? {} : { world }),
      guest: true,
      tlaCompat: false,
      features: { tag: 'list', val: [] },
      flagsAsBigint: false,
      variantsInlineCases: false,
      useNamespaceObjects: false,
      enumValuesScreamingSnakeCase: false,
    }),
  );
}
