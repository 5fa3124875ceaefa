import { mendImports } from '../../../src/component/mend/imports.ts';
import { mendStreams } from '../../../src/component/mend/streams.ts';
import { stripDebugLog } from '../../../src/component/mend/strip.ts';
import { type Transpiled, type TranspileOptions, transpileWithJco } from '../../../src/component/transpile.ts';
import type { GeneratedModule } from '../../../src/component/worker/generated.ts';

export const HANDLER = 'wasi:pubsub/data-on-message@0.1.0';
export const PUBLISH = 'wasi:pubsub/data-basic@0.1.0#publish';

/** How a guest is transpiled: without JSPI, or with it where `asyncImport` is given. */
export function how(asyncImport?: string): TranspileOptions {
  if (asyncImport === undefined) return { mode: 'sync', asyncImports: [], asyncExports: [] };
  return { mode: 'jspi', asyncImports: [asyncImport], asyncExports: [`${HANDLER}#on-message`] };
}

/** Generated code up to what is done to any. */
export async function generated(guest: Uint8Array | Promise<Uint8Array>, asyncImport?: string): Promise<Transpiled> {
  const { code, cores } = await transpileWithJco(await guest, how(asyncImport));
  return { code: mendImports(mendStreams(stripDebugLog(code))), cores };
}

type Imports = Record<string, Record<string, unknown>>;
type Exports = Record<string, (...args: unknown[]) => unknown>;

/** Its exports by interface and by name. */
export async function instantiate(
  { code, cores }: Transpiled,
  imports: Imports = {},
): Promise<Record<string, Exports>> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  const module = (await import(/* @vite-ignore */ url)) as GeneratedModule;
  const core = (file: string) => new WebAssembly.Module(Uint8Array.from(cores.get(file) ?? []));
  const create = (compiled: WebAssembly.Module, given?: WebAssembly.Imports) =>
    new WebAssembly.Instance(compiled, given);
  const promising = WebAssembly.promising as never;
  return module.instantiate(core, imports, Object.assign(create, { promising })) as Record<string, Exports>;
}

/** What a call came to, in one line. */
export async function outcome(call: () => unknown): Promise<string> {
  try {
    return `${await call()}`;
  } catch (thrown) {
    const payload = (thrown as { payload?: unknown }).payload;
    return payload === undefined ? String(thrown) : JSON.stringify(payload);
  }
}

/** As a handler is handed it. `id` is the topic that some guests publish on. */
export const event = (type: string, id: unknown = 'a/b') => ({
  id,
  source: '/test',
  type,
  data: Buffer.from('payload'),
});
