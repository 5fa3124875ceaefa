import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HostError } from '../errors.ts';

const PACKAGE = 'wasi-pubsub-host';

interface Manifest {
  readonly name?: string;
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function manifestIn(folder: string): Manifest | undefined {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return undefined;
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  return manifest.name === PACKAGE ? manifest : undefined;
}

function find(): { readonly root: string; readonly manifest: Manifest } {
  // From src/ in a checkout, from dist/src/ in the published package.
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = manifestIn(folder);
    if (manifest !== undefined) return { root: folder, manifest };
    if (folder === dirname(folder)) throw new HostError('ERR_INTERNAL', `${PACKAGE} cannot find its own package.json`);
  }
}

/** What this package brings along for guests, as absolute paths. */
export interface Shipped {
  readonly version: string;
  /** Its folder. */
  readonly root: string;
  /** Folder of the contract. */
  readonly wit: string;
  /** Folder of what the QuickJS runtime lacks. */
  readonly prelude: string;
  /** Folder of the templates, one folder for each language. */
  readonly templates: string;
  /** The optional tools and the versions that are known to work. */
  readonly tools: Readonly<Record<string, string>>;
}

/** @throws HostError ERR_INTERNAL where the package is not as it was published */
export function shipped(): Shipped {
  const { root, manifest } = find();
  return {
    version: manifest.version,
    root,
    wit: join(root, 'wit'),
    prelude: join(root, 'guests', 'prelude'),
    templates: join(root, 'host', 'templates'),
    tools: manifest.peerDependencies ?? {},
  };
}
