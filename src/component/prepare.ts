import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HostError, messageOf } from '../errors.ts';
import type { InterfaceLink, ProvidedInterface } from '../guest.ts';
import { type CacheEntry, cacheKey, readCache, writeCache } from './cache.ts';
import { guardComponentNames, guardModule } from './guard.ts';
import { waitingImports } from './imports.ts';
import type { Inspection } from './inspect.ts';
import { capMemory, definesMemory } from './limits.ts';
import { mend } from './mend/index.ts';
import { type TranspileOptions, type Transpiler, transpilerVersion } from './transpile.ts';
import { transpileInThread } from './transpile-thread.ts';
import { formatInterfaceName } from './versions.ts';

const ENTRY = 'component.mjs';

export interface PrepareOptions {
  /** As {@link resolveCacheDir} found it. */
  readonly cacheDir: string;
  readonly inspection: Inspection;
  readonly provided: readonly ProvidedInterface[];
  /** Imports that are served by what the library's user gave. */
  readonly links?: readonly InterfaceLink[] | undefined;
  /** Bytes that the linear memories of one instance may have together. */
  readonly memory: number;
  /** Every publish of every call is part of a transaction: none has to wait. */
  readonly buffers?: boolean | undefined;
  readonly transpiler?: Transpiler | undefined;
}

/** A core module, compiled once and shared by all workers. */
export interface PreparedCore {
  readonly module: WebAssembly.Module;
  /** It has memory or tables of its own, whose cap counts for one instantiation. */
  readonly definesMemory: boolean;
}

/** A component ready to be run. */
export interface PreparedComponent {
  readonly inspection: Inspection;
  /** `jspi` where a guest function may have to wait: its calls return promises. */
  readonly mode: 'sync' | 'jspi';
  /** File URL of the generated module. */
  readonly entry: string;
  /** By the file name that the generated module asks for. */
  readonly cores: ReadonlyMap<string, PreparedCore>;
  /** Functions that were transpiled as waiting: the interface, as generated code looks it up, to its WIT names. */
  readonly waits: ReadonlyMap<string, readonly string[]>;
  readonly links: readonly InterfaceLink[];
  /** Whether the cache had it. */
  readonly cached: boolean;
}

function asyncExports(inspection: Inspection): string[] {
  return inspection.exports.flatMap((item) =>
    item.functions
      .filter((candidate) => candidate.handler || item.name === 'wasi:cli/run')
      .map(({ name }) => (item.kind === 'interface' ? `${formatInterfaceName(item)}#${name}` : name)),
  );
}

/** Of a waiting import, in full. */
const isPublish = (path: string) => /#publish(-with)?$/.test(path) && /^(wasi|host):pubsub\//.test(path);

/** Functions that are called by message wait; those of a module do not. */
function calledByMessage(links: readonly InterfaceLink[]): string[] {
  const called = links.filter(({ module }) => module === undefined);
  return called.flatMap((link) => link.functions.map(({ wit }) => `${link.import}#${wit}`));
}

/** A guest that waits for something else publishes as it waits. */
function waiting({ inspection, provided, links = [], buffers = false }: PrepareOptions): string[] {
  const all = [...waitingImports(inspection, provided), ...calledByMessage(links)];
  return buffers && all.every(isPublish) ? [] : all;
}

function transpileOptions(options: PrepareOptions): TranspileOptions {
  const { inspection, links = [] } = options;
  const asyncImports = waiting(options);
  const versioned = links.length === 0 ? undefined : links.map((link) => link.import);
  if (asyncImports.length === 0 && !inspection.usesAsync)
    return { mode: 'sync', asyncImports: [], asyncExports: [], versioned };
  return { mode: 'jspi', asyncImports, asyncExports: asyncExports(inspection), versioned };
}

async function compileCore([name, bytes]: readonly [string, Uint8Array]): Promise<[string, PreparedCore]> {
  try {
    return [name, { module: await WebAssembly.compile(bytes), definesMemory: definesMemory(bytes) }];
  } catch (cause) {
    const text = `core module ${name} of the component is not valid here: ${messageOf(cause)}`;
    throw new HostError('ERR_COMPONENT_INVALID', text, { cause });
  }
}

async function compile(files: ReadonlyMap<string, Uint8Array>): Promise<Map<string, PreparedCore>> {
  const compiled = [...files].filter(([name]) => name.endsWith('.wasm')).map(compileCore);
  const cores = new Map(await Promise.all(compiled));
  for (const [name, { module }] of cores) guardModule(name, module);
  return cores;
}

/** Transpiles, checks before anything is kept or loaded, caps memory, and puts the result into the cache. */
async function make(bytes: Uint8Array, key: string, options: PrepareOptions, how: TranspileOptions) {
  const { code, cores } = await (options.transpiler ?? transpileInThread)(bytes, how);
  const capped = capMemory(cores, options.memory);
  const compiled = await compile(capped);
  const entry = mend(code, options.inspection.usesAsync);
  const files = new Map<string, Uint8Array>([...capped, [ENTRY, Buffer.from(entry)]]);
  return { entry: await writeCache(options.cacheDir, key, files), compiled };
}

async function fromCache(entry: CacheEntry | undefined) {
  return entry === undefined ? undefined : { entry, compiled: await compile(entry.files) };
}

function waitsByInterface({ asyncImports, versioned = [] }: TranspileOptions): Map<string, string[]> {
  const waits = new Map<string, string[]>();
  for (const full of asyncImports) {
    const [path = '', name = ''] = full.split('#');
    const [bare = ''] = path.split('@');
    const key = versioned.includes(path) ? path : bare;
    waits.set(key, [...(waits.get(key) ?? []), name]);
  }
  return waits;
}

/**
 * Makes a component ready to be run, from the cache where it can; the transpiler is loaded only when that misses.
 * Nothing of the component runs here.
 * @throws {HostError} ERR_COMPONENT_INVALID, ERR_COMPONENT_UNSAFE (names that could inject code, memory64),
 * ERR_COMPONENT_START (needs more memory than the cap), ERR_CACHE_DIR.
 */
export async function prepareComponent(bytes: Uint8Array, options: PrepareOptions): Promise<PreparedComponent> {
  const { inspection, cacheDir, memory } = options;
  guardComponentNames(inspection.names);
  const how = transpileOptions(options);
  const key = cacheKey(bytes, { transpiler: transpilerVersion(), how, memory });
  const hit = await fromCache(await readCache(cacheDir, key));
  const { entry, compiled } = hit ?? (await make(bytes, key, options, how));
  return {
    inspection,
    mode: how.mode,
    entry: pathToFileURL(join(entry.folder, ENTRY)).href,
    cores: compiled,
    waits: waitsByInterface(how),
    links: options.links ?? [],
    cached: hit !== undefined,
  };
}
