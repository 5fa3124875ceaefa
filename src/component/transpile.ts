import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { HostError, messageOf } from '../errors.ts';

export interface TranspileOptions {
  readonly mode: 'sync' | 'jspi';
  /** Imports that may wait, in full: `wasi:pubsub/data-basic@0.1.0#publish`. */
  readonly asyncImports: readonly string[];
  readonly asyncExports: readonly string[];
  /** Imported interfaces, in full, that generated code looks up by that name instead of the one without the version. */
  readonly versioned?: readonly string[] | undefined;
}

/** What the transpiler makes of a component: one JavaScript module, and core modules by file name. */
export interface Transpiled {
  readonly code: string;
  readonly cores: ReadonlyMap<string, Uint8Array>;
}

/** Component bytes to generated code. Replaceable, so that a test can see whether the transpiler is loaded. */
export type Transpiler = (bytes: Uint8Array, options: TranspileOptions) => Promise<Transpiled>;

const PACKAGE = '@bytecodealliance/jco-transpile';

/** The version of the transpiler that is installed, found without loading it. */
export function transpilerVersion(): string {
  const path = findPackageJSON(PACKAGE, import.meta.url);
  const version: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8')).version;
  if (typeof version === 'string') return version;
  throw new HostError('ERR_INTERNAL', `the package ${PACKAGE} is not installed: reinstall the host`);
}

function reason(thrown: unknown): string {
  const payload = thrown instanceof Error && 'payload' in thrown ? thrown.payload : undefined;
  const text = typeof payload === 'string' ? payload : messageOf(thrown);
  return text.trim().split('\n', 1)[0] ?? '';
}

/**
 * Runs jco on a component; loads it first, which is why this is called only when the cache misses.
 *
 * `noComponentErrorWrapping: false` makes an exported function throw its typed error as an `Error` with `payload`.
 * An import's typed error is what it throws: either an object with an own property `payload`, or the bare value.
 * `instantiation: 'sync'` keeps a component with an export named `then` from being taken for a promise.
 * @throws {HostError} ERR_COMPONENT_INVALID where jco refuses the component.
 */
export const transpileWithJco: Transpiler = async (bytes, options) => {
  const { transpileBytes } = await import('@bytecodealliance/jco-transpile');
  let files: Record<string, Uint8Array>;
  try {
    ({ files } = await transpileBytes(bytes, {
      name: 'component',
      instantiation: 'sync',
      asyncMode: options.mode,
      asyncImports: [...options.asyncImports],
      asyncExports: [...options.asyncExports],
      map: Object.fromEntries((options.versioned ?? []).map((name) => [name, name])),
      noComponentErrorWrapping: false,
      emitTypescriptDeclarations: false,
    }));
  } catch (cause) {
    const text = `the component is not valid, or uses what this host does not support: ${reason(cause)}`;
    throw new HostError('ERR_COMPONENT_INVALID', text, { cause });
  }
  const cores = new Map(Object.entries(files).filter(([name]) => name.endsWith('.wasm')));
  const [code] = Object.entries(files).flatMap(([name, file]) => (name.endsWith('.js') ? [file] : []));
  return { code: Buffer.from(code ?? []).toString('utf8'), cores };
};
