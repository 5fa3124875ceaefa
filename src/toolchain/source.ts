import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join, relative, resolve } from 'node:path';
import { HostError } from '../errors.ts';

const STEMS = ['src/main', 'main', 'src/index', 'index'];
const EXTENSIONS = ['.ts', '.js', '.mts', '.mjs'];
const NAME = /[^A-Za-z0-9._-]+/g;

/** A guest's folder, and what in it the build starts from. */
export interface GuestSource {
  /** Absolute. */
  readonly folder: string;
  /** Fit for a file name: of package.json without its scope, or else of the folder. */
  readonly name: string;
  /** Absolute path of the module that exports the handlers. */
  readonly entry: string;
  readonly typescript: boolean;
}

function nameOf(folder: string): string {
  const manifest = join(folder, 'package.json');
  let name: unknown;
  try {
    if (existsSync(manifest)) ({ name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown });
  } catch (cause) {
    throw new HostError('ERR_COMPONENT_BUILD', `${manifest} is not valid JSON`, { cause });
  }
  const found = typeof name === 'string' && name !== '' ? name.replace(/^@[^/]*\//, '') : basename(folder);
  return found.replace(NAME, '-') || 'guest';
}

/** @throws HostError ERR_COMPONENT_BUILD where there is nothing to start from */
export function guestSource(path: string): GuestSource {
  const folder = resolve(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new HostError(
      'ERR_COMPONENT_BUILD',
      `${path} is no folder: expected the folder of a JavaScript or TypeScript guest`,
    );
  const wanted = STEMS.flatMap((stem) => EXTENSIONS.map((extension) => stem + extension));
  const entry = wanted.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (entry === undefined) {
    const text = `${path} has no entry file: expected one of ${STEMS.join(', ')} as .ts, .js, .mts or .mjs. "host new" makes a guest to start from; "host build" builds JavaScript and TypeScript, other languages their own way`;
    throw new HostError('ERR_COMPONENT_BUILD', text);
  }
  return { folder, name: nameOf(folder), entry, typescript: /ts$/.test(extname(entry)) };
}

/** How messages name a file of the guest. */
export function shown({ folder }: Pick<GuestSource, 'folder'>, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') ? file : path;
}
