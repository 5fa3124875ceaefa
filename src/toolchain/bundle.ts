import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { HostError, messageOf } from '../errors.ts';
import { type GuestSource, shown } from './source.ts';
import { loadBundler } from './tools.ts';
import type { ContractCopy } from './wit.ts';
import type { GuestWorld } from './world.ts';

export interface BundleParts {
  readonly source: GuestSource;
  readonly world: GuestWorld;
  /** Folder of what the QuickJS runtime lacks. */
  readonly prelude: string;
  readonly warn: (text: string) => void;
}

const START = '\0guest';
const WIT_MODULE = /^[a-z][a-z0-9-]*:[a-z]/;
const LOGGING = 'wasi:logging/logging@';
const DATA_BASIC = /import\s*(?:\{([^}]*)\}|[^'"]*)\s*from\s*["']wasi:pubsub\/data-basic@/g;

function preludeModule(prelude: string, name: string): string {
  return JSON.stringify(['ts', 'js'].map((extension) => join(prelude, `${name}.${extension}`)).find(existsSync));
}

/** What is bundled in the end: the missing globals, then the guest, then a look at what it exports. */
function startModule({ source, world, prelude }: BundleParts): string {
  const entry = JSON.stringify(source.entry);
  // The console writes to wasi:logging.
  const console = world.imports.some((id) => id.startsWith(LOGGING))
    ? [`import ${preludeModule(prelude, 'console')};`]
    : [];
  return [
    ...console,
    `import ${preludeModule(prelude, 'text')};`,
    `import * as guest from ${entry};`,
    `import { checkExports } from ${preludeModule(prelude, 'exports')};`,
    `checkExports(guest, ${JSON.stringify(world.exports)});`,
    `export * from ${entry};`,
  ].join('\n');
}

/** What stops the bundle. The bundler rewrites errors that it takes through, so the first one is kept aside. */
class Faults {
  first: string | undefined;

  throw(text: string): never {
    this.first ??= text;
    throw new Error(text);
  }
}

/** Why `id` cannot be imported whatever is installed. */
function importFault({ world }: BundleParts, id: string): string | undefined {
  if (id.startsWith('node:') || builtinModules.includes(id))
    return "which is Node's: a guest runs without Node, files and network";
  if (!WIT_MODULE.test(id) || world.imports.includes(id)) return undefined;
  return `which the world ${world.module} does not; it imports ${world.imports.join(', ') || 'nothing'}`;
}

function guestPlugin(parts: BundleParts, faults: Faults): Plugin {
  const { source } = parts;
  return {
    name: 'guest',
    async resolveId(id, importer) {
      if (id === START) return id;
      const by = importer === undefined || importer === START ? source.name : shown(source, importer);
      const fault = importFault(parts, id);
      if (fault !== undefined) faults.throw(`${by} imports "${id}", ${fault}`);
      if (WIT_MODULE.test(id)) return { id, external: true };
      const found = await this.resolve(id, importer, { skipSelf: true });
      if (found !== null) return found;
      const install = `is it installed? "npm install ${id}" in ${source.folder}`;
      const hint = /^[./]/.test(id) ? 'there is no such file' : install;
      return faults.throw(`${by} imports "${id}", which cannot be found: ${hint}`);
    },
    load: (id) => (id === START ? startModule(parts) : null),
  };
}

/** One ES module of the guest and all it imports, but for the WIT interfaces. @throws HostError ERR_COMPONENT_BUILD */
export async function bundle(parts: BundleParts): Promise<string> {
  const { source, warn } = parts;
  const { rolldown } = await loadBundler(source.folder);
  const faults = new Faults();
  try {
    const build = await rolldown({
      input: START,
      cwd: source.folder,
      platform: 'neutral',
      resolve: { mainFields: ['module', 'main'], conditionNames: ['import', 'module', 'default'] },
      transform: { define: { 'process.env.NODE_ENV': '"production"' } },
      treeshake: { moduleSideEffects: true },
      plugins: [guestPlugin(parts, faults)],
      onLog: (level, log) => {
        if (level === 'warn') warn(log.message);
      },
    });
    try {
      const { output } = await build.generate({ format: 'esm', codeSplitting: false });
      return output[0].code;
    } finally {
      await build.close();
    }
  } catch (cause) {
    const text = faults.first ?? `${source.name} cannot be bundled: ${messagesOf(cause)}`;
    throw new HostError('ERR_COMPONENT_BUILD', text, { cause });
  }
}

/** The bundler reports all that went wrong at once. */
function messagesOf(cause: unknown): string {
  const { errors = [cause] } = cause as { readonly errors?: readonly unknown[] };
  return errors.map((error) => messageOf(error).trim()).join('\n');
}

/** The WIT interfaces that a bundle imports, with their versions. */
export function importsOf(code: string): ReadonlySet<string> {
  return new Set([...code.matchAll(/^import\b[^;]*?["']([a-z][a-z0-9-]*:[^"']+)["']/gm)].map(([, name = '']) => name));
}

/** The smallest copy of the contract that has all that the bundle imports: a pushed guest must not look like a pulling one. */
export function copyFor(code: string): ContractCopy {
  const names = [...code.matchAll(DATA_BASIC)].flatMap(([, list]) => list?.split(',') ?? ['stream']);
  const imported = new Set(names.map((name) => name.trim().split(/\s+as\s+/)[0]));
  if (imported.has('stream')) return 'full';
  return imported.has('receive') ? 'no-stream' : 'publish-only';
}
