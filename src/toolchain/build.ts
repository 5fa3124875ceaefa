import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HostError, messageOf } from '../errors.ts';
import { bundle, copyFor, importsOf } from './bundle.ts';
import { shipped } from './shipped.ts';
import { type GuestSource, guestSource, shown } from './source.ts';
import { loadComponentize, requireTools } from './tools.ts';
import { typeCheck } from './type-check.ts';
import { assembleWit, chooseWorld, witSource } from './wit.ts';
import { type GuestWorld, guestWorld } from './world.ts';

export interface BuildOptions {
  /** The guest's folder. */
  readonly folder: string;
  /** Where its WIT declares several. */
  readonly world?: string | undefined;
  /** Path of the component; `build/<name>.wasm` in the folder unless given. */
  readonly out?: string | undefined;
  /** Told what is odd and no error. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** Makes TypeScript declarations of a world, by path, from a WIT package as one text. */
export type GenerateTypes = (wit: string, world: string) => Promise<ReadonlyMap<string, string>>;

export interface BuiltComponent {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** What the world's declarations refer to that no library brings. */
const GLOBALS = '/// <reference path="./globals.d.ts" />\n';

function replaceFile(path: string, content: string | Uint8Array, temporary: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const whole = join(temporary, 'file');
  writeFileSync(whole, content);
  renameSync(whole, path);
}

async function typesOf(source: GuestSource, asked: string | undefined, temporary: string, generate: GenerateTypes) {
  const own = join(source.folder, 'wit');
  const wit = join(temporary, 'wit-types');
  assembleWit({ own, contract: shipped().wit, copy: 'full' }, wit);
  const world = chooseWorld(wit, shown(source, own), asked);
  try {
    return { world, types: await generate(witSource(wit), world) };
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    throw new HostError('ERR_COMPONENT_BUILD', `${shown(source, own)} is not valid: ${messageOf(cause)}`, { cause });
  }
}

function writeTypes(source: GuestSource, types: ReadonlyMap<string, string>, temporary: string): string {
  const folder = join(source.folder, 'build', 'types');
  const globals = readFileSync(join(shipped().prelude, 'globals.d.ts'), 'utf8');
  replaceFile(join(folder, 'globals.d.ts'), globals, temporary);
  for (const [file, text] of types) {
    replaceFile(join(folder, file), file === 'guest.d.ts' ? GLOBALS + text : text, temporary);
  }
  return folder;
}

interface ComponentParts {
  readonly source: GuestSource;
  readonly world: string;
  readonly seen: GuestWorld;
  readonly temporary: string;
  readonly warn: (text: string) => void;
}

async function makeComponent({ source, world, seen, temporary, warn }: ComponentParts): Promise<Uint8Array> {
  const { wit: contract, prelude } = shipped();
  const jsSource = await bundle({ source, world: seen, prelude, warn });
  const witPath = join(temporary, 'wit');
  const parts = { own: join(source.folder, 'wit'), contract, copy: copyFor(jsSource) };
  assembleWit({ ...parts, imports: (name) => importsOf(jsSource).has(name) }, witPath);
  const { componentize } = await loadComponentize(source.folder);
  try {
    return (await componentize({ witPath, world, jsSource })).component;
  } catch (cause) {
    throw new HostError('ERR_COMPONENT_BUILD', `${shown(source, source.entry)} ${runFault(messageOf(cause))}`, {
      cause,
    });
  }
}

/** What the component-maker says when the guest's top level fails, without its own layers and places in the bundle. */
function runFault(message: string): string {
  // With arguments that do not fit, it traps before it is found to be undefined.
  const call = /unknown import: `([^`]+)` has not been defined/.exec(message) ?? /!adapter (\S+)/.exec(message);
  const called = call?.[1];
  if (called !== undefined)
    return `calls ${called} at its top level, which runs while the component is made: handlers alone can call what is imported`;
  const [, fault = message] = /.*JavaScript module(?: evaluation)?: ([\s\S]*)/.exec(message) ?? [];
  return `does not run: ${fault.replace(/\s+at [^\n]*componentize-qjs:[\s\S]*$/, '').trim()}`;
}

/**
 * Builds a guest in JavaScript or TypeScript: declarations of its world (into `build/types/`), type check, one bundle
 * with its npm dependencies, component. Builds of one guest at a time do not disturb each other: each file is replaced
 * whole.
 * @throws HostError ERR_TOOLCHAIN where a tool is missing; ERR_COMPONENT_BUILD for everything in the guest
 */
export async function buildComponent(options: BuildOptions, generate: GenerateTypes): Promise<BuiltComponent> {
  const { warn = () => {} } = options;
  const source = guestSource(options.folder);
  requireTools(source.folder, [
    'componentize-qjs',
    'rolldown',
    ...(source.typescript ? (['typescript'] as const) : []),
  ]);
  const build = join(source.folder, 'build');
  mkdirSync(build, { recursive: true });
  const temporary = mkdtempSync(join(build, '.tmp-'));
  try {
    const { world, types } = await typesOf(source, options.world, temporary, generate);
    const folder = writeTypes(source, types, temporary);
    const seen = guestWorld(types);
    // Types first where both would complain: its messages name lines.
    if (source.typescript) await typeCheck(source, seen, folder, temporary);
    const bytes = await makeComponent({ source, world, seen, temporary, warn });
    const path = options.out === undefined ? join(build, `${source.name}.wasm`) : resolve(options.out);
    replaceFile(path, bytes, temporary);
    return { path, bytes: bytes.length };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
