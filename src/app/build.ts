import { guestTypes } from '../component/guest-types.ts';
import { type BuildOptions, type BuiltComponent, buildComponent } from '../toolchain/index.ts';

/**
 * Composition root of `host build`: builds a guest in JavaScript or TypeScript into a component.
 * @throws HostError ERR_TOOLCHAIN where a tool is missing; ERR_COMPONENT_BUILD for everything in the guest
 */
export function buildGuest(options: BuildOptions): Promise<BuiltComponent> {
  return buildComponent(options, guestTypes);
}
