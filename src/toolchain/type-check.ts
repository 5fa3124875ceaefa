import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { HostError } from '../errors.ts';
import type { GuestSource } from './source.ts';
import { typeScriptCommand } from './tools.ts';
import type { GuestWorld } from './world.ts';

const run = promisify(execFile);

const DEFAULTS = {
  target: 'es2024',
  lib: ['es2024'],
  module: 'preserve',
  moduleResolution: 'bundler',
  types: [],
  strict: true,
};
/**
 * Declaration files are not checked: those of other libraries may declare a guest's globals too. What a project that
 * emits may have set is unset with null.
 */
const ALWAYS = {
  skipLibCheck: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  composite: false,
  incremental: false,
  rootDir: null,
  outDir: null,
  tsBuildInfoFile: null,
};

/** Holds what the entry module exports against what the world asks for. */
function exportsCheck(entry: string, module: string): string {
  return [
    `import * as guest from ${JSON.stringify(entry)};`,
    `guest satisfies typeof import(${JSON.stringify(module)});`,
    '',
  ].join('\n');
}

/** A project with the guest's own options, made in `temporary`. */
function writeProject(source: GuestSource, world: GuestWorld, types: string, temporary: string): string {
  const own = join(source.folder, 'tsconfig.json');
  const check = join(temporary, 'exports.ts');
  const project = join(temporary, 'tsconfig.json');
  writeFileSync(check, exportsCheck(source.entry, world.module));
  const extended = existsSync(own) ? { extends: own } : {};
  const compilerOptions = existsSync(own) ? ALWAYS : { ...DEFAULTS, ...ALWAYS };
  const files = [join(types, 'guest.d.ts'), source.entry, check];
  writeFileSync(project, JSON.stringify({ ...extended, compilerOptions, files, include: [], references: [] }));
  return project;
}

/**
 * Type-checks a guest in TypeScript with its own tsconfig.json: all that the entry reaches, and that it exports what
 * the world asks for.
 * @throws HostError ERR_COMPONENT_BUILD with the compiler's messages
 */
export async function typeCheck(
  source: GuestSource,
  world: GuestWorld,
  types: string,
  temporary: string,
): Promise<void> {
  const project = writeProject(source, world, types, temporary);
  const command = [typeScriptCommand(source.folder), '--project', project, '--pretty', 'false'];
  try {
    await run(process.execPath, command, { cwd: source.folder, maxBuffer: 64 * 2 ** 20 });
  } catch (cause) {
    const { stdout = '', message } = cause as Error & { stdout?: string };
    const inCheck = relative(source.folder, join(temporary, 'exports.ts'));
    const found = stdout.trim().replaceAll(inCheck, `what ${relative(source.folder, source.entry)} exports`);
    const text =
      found === '' ? `the TypeScript compiler could not be run: ${message}` : `the types do not fit:\n${found}`;
    throw new HostError('ERR_COMPONENT_BUILD', text, { cause });
  }
}
