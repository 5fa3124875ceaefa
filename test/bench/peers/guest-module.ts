import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';

export interface PubsubEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: Uint8Array;
}

export interface GuestExports {
  readonly [name: string]: { onMessage(message: PubsubEvent): void };
}

export type ImportObject = Readonly<Record<string, unknown>>;

/** A component that can be instantiated again and again, its core modules compiled once. */
export interface GuestModule {
  sync(imports: ImportObject): GuestExports;
  async(imports: ImportObject): Promise<GuestExports>;
}

type Instantiate = (getCore: (path: string) => unknown, imports: ImportObject) => GuestExports & Promise<GuestExports>;

/** The handler of the interface, by the two names that jco gives it. */
export function handlerOf(exports: GuestExports): (message: PubsubEvent) => void {
  const found = exports['wasi:pubsub/data-on-message@0.1.0'] ?? exports.dataOnMessage;
  if (found === undefined) throw new Error('the component exports no data-on-message');
  return found.onMessage;
}

/** What a component of this kind imports, from jco's own WASI: a user would take that. */
export async function wasi(): Promise<ImportObject> {
  const near = createRequire(createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile'));
  const path = near.resolve('@bytecodealliance/preview2-shim/instantiation');
  const { WASIShim } = (await import(pathToFileURL(path).href)) as {
    WASIShim: new () => { getImportObject(): ImportObject };
  };
  return new WASIShim().getImportObject();
}

async function transpile(bytes: Uint8Array, instantiation: 'sync' | 'async', folder: string) {
  const { files } = await transpileBytes(bytes, { name: 'guest', instantiation, noComponentErrorWrapping: false });
  const cores = new Map<string, WebAssembly.Module>();
  const out = join(folder, instantiation);
  mkdirSync(out);
  writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  for (const [name, file] of Object.entries(files)) {
    if (name.endsWith('.wasm')) cores.set(name, await WebAssembly.compile(Buffer.from(file)));
    else if (name.endsWith('.js')) writeFileSync(join(out, name), file);
  }
  const { instantiate } = (await import(pathToFileURL(join(out, 'guest.js')).href)) as { instantiate: Instantiate };
  return { instantiate, core: (path: string) => cores.get(path) };
}

/** With jco's default settings, as a user would use it. */
export async function loadGuest(path: string): Promise<GuestModule> {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-pubsub-host-bench-peer-'));
  const bytes = readFileSync(path);
  const [sync, async] = [await transpile(bytes, 'sync', folder), await transpile(bytes, 'async', folder)];
  rmSync(folder, { recursive: true });
  return {
    sync: (imports) => sync.instantiate(sync.core, imports),
    async: (imports) => async.instantiate(async.core, imports),
  };
}
