import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Componentize from 'componentize-qjs';
import type * as Rolldown from 'rolldown';
import { HostError } from '../errors.ts';
import { shipped } from './shipped.ts';

/** What each tool is found by. */
const TOOLS = {
  'componentize-qjs': 'componentize-qjs',
  rolldown: 'rolldown',
  typescript: 'typescript/package.json',
} as const;

export type Tool = keyof typeof TOOLS;

/** A guest's own installation wins over what lies beside the host. */
function locate(tool: Tool, folder: string): string | undefined {
  for (const from of [join(folder, 'package.json'), import.meta.filename]) {
    try {
      return createRequire(from).resolve(TOOLS[tool]);
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/** The tools that `host build` does not find for a guest in `folder`. */
export function missingTools(folder: string, tools: readonly Tool[]): readonly Tool[] {
  return tools.filter((tool) => locate(tool, folder) === undefined);
}

/** `name@range` of each tool, in the versions that are known to work. */
export function toolSpecs(tools: readonly Tool[]): readonly string[] {
  const { tools: known } = shipped();
  return tools.map((tool) => (known[tool] === undefined ? tool : `${tool}@${known[tool]}`));
}

/** @throws HostError ERR_TOOLCHAIN with the line that installs what is missing */
export function requireTools(folder: string, tools: readonly Tool[]): void {
  const missing = missingTools(folder, tools);
  if (missing.length === 0) return;
  const line = `npm install --save-dev ${toolSpecs(missing).join(' ')}`;
  const text = `building this guest needs ${missing.join(', ')}, found neither in ${folder} nor beside host; install with\n  ${line}`;
  throw new HostError('ERR_TOOLCHAIN', text);
}

async function load<T>(tool: Tool, folder: string): Promise<T> {
  const path = locate(tool, folder);
  if (path === undefined) throw new HostError('ERR_TOOLCHAIN', `${tool} cannot be found`);
  return (await import(pathToFileURL(path).href)) as T;
}

export function loadComponentize(folder: string): Promise<typeof Componentize> {
  return load('componentize-qjs', folder);
}

export function loadBundler(folder: string): Promise<typeof Rolldown> {
  return load('rolldown', folder);
}

/** Path of the TypeScript compiler's command. */
export function typeScriptCommand(folder: string): string {
  return join(dirname(locate('typescript', folder) ?? ''), 'bin', 'tsc');
}
