import type { GuestContext, InterfaceLink } from '../../guest.ts';
import type { KeptStacks } from './kept-stack.ts';

/** Everything that a guest instance links to: interface name as generated code looks it up, to its functions and classes. */
export type ImportFactory = (context: GuestContext) => Record<string, Record<string, unknown>>;

/** Loads the modules of links, once in each worker; links are keyed by their whole import name. */
export type LinkLoader = (links: readonly InterfaceLink[]) => Promise<ImportFactory>;

/** A module that jco generated with `instantiation: 'sync'`. */
export interface GeneratedModule {
  /** Returns the exports; never to be awaited: a guest may export a function named `then`. */
  instantiate(
    getCoreModule: (file: string) => WebAssembly.Module,
    imports: Record<string, Record<string, unknown> | undefined>,
    instantiateCore: InstantiateCore,
  ): Record<string, unknown>;
}

export interface InstantiateCore {
  (module: WebAssembly.Module, imports?: WebAssembly.Imports): WebAssembly.Instance;
  /** What makes a handler that may wait of a core function, instead of `WebAssembly.promising`; see `mend/waiting.ts`. */
  readonly promising: KeptStacks['promising'];
}

/** A WIT name as generated code writes it: `on-message` is `onMessage`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = name.toLowerCase().split('-');
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
