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
    `checkExports(guest, ${JSON.stringify(Object.fromEntries(world.exports))});`,
    `export * from ${entry};`,
  ].join('\n');
}

function failed(text: string, cause?: unknown): HostError {
  return new HostError('ERR_COMPONENT_BUILD', text, { cause });
}

function refuseImport({ source, world }: BundleParts, id: string, importer: string | undefined): void {
  const by = importer === undefined ? source.name : shown(source, importer);
  if (id.startsWith('node:') || builtinModules.includes(id))
    throw failed(`${by} imports "${id}", which is Node's: a guest runs without Node, files and network`);
  if (!WIT_MODULE.test(id) || world.imports.includes(id)) return;
  throw failed(
    `${by} imports "${id}", which the world ${world.module} does not; it imports ${world.imports.join(', ') || 'nothing'}`,
  );
}

function guestPlugin(parts: BundleParts): Plugin {
  return {
    name: 'guest',
    async resolveId(id, importer) {
      if (id === START) return id;
      refuseImport(parts, id, importer);
      if (WIT_MODULE.test(id)) return { id, external: true };
      const found = await this.resolve(id, importer, { skipSelf: true });
      if (found !== null) return found;
      const by = importer === undefined ? parts.source.name : shown(parts.source, importer);
      const hint = /^[./]/.test(id)
        ? 'there is no such file'
        : `is it installed? "npm install ${id}" in ${parts.source.folder}`;
      throw failed(`${by} imports "${id}", which cannot be found: ${hint}`);
    },
    load: (id) => (id === START ? startModule(parts) : null),
  };
}

/** One ES module of the guest and all it imports, but for the WIT interfaces. @throws HostError ERR_COMPONENT_BUILD */
export async function bundle(parts: BundleParts): Promise<string> {
  const { source, warn } = parts;
  const { rolldown } = await loadBundler(source.folder);
  try {
    const build = await rolldown({
      input: START,
      cwd: source.folder,
      platform: 'neutral',
      resolve: { mainFields: ['module', 'main'], conditionNames: ['import', 'module', 'default'] },
      transform: { define: { 'process.env.NODE_ENV': '"production"' } },
      treeshake: { moduleSideEffects: true },
      plugins: [guestPlugin(parts)],
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
    throw bundleError(source, cause);
  }
}

/** The bundler wraps what its plugins throw, and everything that went wrong at once. */
function bundleError(source: GuestSource, cause: unknown): HostError {
  const errors = (cause as { errors?: readonly unknown[] }).errors ?? [cause];
  const ours = [cause, ...errors]
    .flatMap((error) => [error, (error as Error)?.cause])
    .find((error) => error instanceof HostError);
  if (ours !== undefined) return ours;
  const texts = errors.map((error) => messageOf(error).trim());
  return failed(`${source.name} cannot be bundled: ${texts.join('\n')}`, cause);
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
