import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { buildGuest } from '../../guests/build.ts';
import type { GuestContext } from '../../src/guest.ts';
import { createImports, providedInterfaces } from '../../src/interfaces/index.ts';
import { tempDirectory } from '../support/temp.ts';

type TranspilationOptions = NonNullable<Parameters<typeof transpileBytes>[1]>;
type Imports = ReturnType<typeof createImports>;
type Instantiate = (core: (path: string) => unknown, imports: Imports) => unknown;
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

const camel = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A component as something that can be instantiated any number of times. */
export async function transpiled(
  component: Uint8Array,
  options: TranspilationOptions = {},
): Promise<(context: GuestContext) => unknown> {
  const folder = tempDirectory('guest');
  const { files } = await transpileBytes(component, {
    name: 'guest',
    instantiation: 'sync',
    noComponentErrorWrapping: false,
    emitTypescriptDeclarations: false,
    ...options,
  });
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { instantiate }: { instantiate: Instantiate } = await import(
    /* @vite-ignore */ pathToFileURL(join(folder, 'guest.js')).href
  );
  const modules = new Map<string, object>();
  const core = (path: string): object => {
    const module = modules.get(path) ?? new WebAssembly.Module(readFileSync(join(folder, path)));
    modules.set(path, module);
    return module;
  };
  return (context) => instantiate(core, createImports(context));
}

interface Handlers {
  readonly dataOnMessage: { onMessage(event: unknown): Promise<void> };
  onOrder(event: unknown): Promise<void>;
}

/** A sample guest that may wait for its publishes. */
export async function sampleGuest(name: string): Promise<(context: GuestContext) => Handlers> {
  const { path } = await buildGuest(name);
  const asyncImports = providedInterfaces.flatMap(({ name, waits }) => waits.map((item) => `${name}#${item}`));
  const make = await transpiled(readFileSync(path), {
    asyncMode: 'jspi',
    asyncImports: [...asyncImports, ...asyncImports.map(camel)],
    asyncExports: ['wasi:pubsub/data-on-message#on-message', 'on-order'],
  });
  return (context) => make(context) as Handlers;
}
