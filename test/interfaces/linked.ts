import type { GuestContext } from '../../src/guest.ts';
import { createImports } from '../../src/interfaces/index.ts';
import { fakeContext } from './context.ts';

// biome-ignore lint/suspicious/noExplicitAny: what the generated bindings call is typed by WIT alone
type Linked = Record<string, any>;

/** One interface as a guest instance links to it. */
export function linked(name: string, context: GuestContext = fakeContext()): Linked {
  const found = createImports(context)[name];
  if (found === undefined) throw new Error(`${name} is not provided`);
  return found;
}
