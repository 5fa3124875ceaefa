/** The part of the WebAssembly API that the host uses: @types/node leaves it to the libraries for browsers. */
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>;

  class Module {
    constructor(bytes: Uint8Array);
    static exports(module: Module): { readonly name: string; readonly kind: string }[];
    static imports(module: Module): { readonly module: string; readonly name: string; readonly kind: string }[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }

  class Global {
    private constructor();
    value: number;
  }

  /** An import that the guest's stack waits for where it returns a promise. */
  class Suspending {
    constructor(wait: (...args: never[]) => unknown);
  }

  class RuntimeError extends Error {}

  /** An export that returns a promise of its result, so that what it calls may wait. */
  function promising(exported: (...args: never[]) => unknown): (...args: never[]) => Promise<unknown>;

  function compile(bytes: Uint8Array): Promise<Module>;
}
