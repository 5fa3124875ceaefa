import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../errors.ts';

/** The contract's copies (wit/README.md): which functions of `wasi:pubsub/data-basic` a guest imports. */
export type ContractCopy = 'publish-only' | 'no-stream' | 'full';

/** Of the contract beyond the world `push`; JavaScript toolchains import all that a world names, used or not. */
const EXTRAS = ['host:pubsub/delivery@0.1.0', 'host:pubsub/publisher@0.1.0'];

/** What a guest without a world of its own is built for: push, and what it `imports` beyond that. */
function defaultWorld(imports: (name: string) => boolean): string {
  const extras = EXTRAS.filter(imports).map((name) => `  import ${name};\n`);
  return `package guest:app;\n\nworld guest {\n  include host:pubsub/push@0.1.0;\n${extras.join('')}}\n`;
}

/** The WIT files of a folder and its `deps`, by path, in a stable order. */
function witFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(deps[\\/].*|[^\\/]*)\.wit$/.test(path))
    .sort();
}

function copyFolder(contract: string, copy: ContractCopy): string {
  return copy === 'full' ? contract : join(contract, 'generated', copy);
}

export interface WitParts {
  /** The guest's own folder; it may be missing. */
  readonly own: string;
  /** Folder of the contract. */
  readonly contract: string;
  readonly copy: ContractCopy;
  /** Whether a guest without a world imports that interface; every one unless given. */
  readonly imports?: ((name: string) => boolean) | undefined;
}

/**
 * Writes into `target` a self-contained WIT folder: the guest's own (the default world where it has none), with a copy
 * of the contract as dependencies. What the guest has under `deps` wins.
 */
export function assembleWit({ own, contract, copy, imports = () => true }: WitParts, target: string): void {
  const from = copyFolder(contract, copy);
  const deps = join(target, 'deps');
  cpSync(join(from, 'deps'), deps, { recursive: true });
  mkdirSync(join(deps, 'host-pubsub'), { recursive: true });
  const files = readdirSync(from).filter((file) => file.endsWith('.wit'));
  for (const name of files) cpSync(join(from, name), join(deps, 'host-pubsub', name));
  if (existsSync(own)) cpSync(own, target, { recursive: true });
  else writeFileSync(join(target, 'world.wit'), defaultWorld(imports));
}

/** The worlds that a guest's own WIT files declare, in their order. */
export function worldsIn(folder: string): string[] {
  const files = witFiles(folder).filter((path) => !path.startsWith('deps'));
  return files.flatMap((path) => {
    const text = readFileSync(join(folder, path), 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
    return [...text.matchAll(/(?:^|[\s;}])world\s+%?([a-z][a-zA-Z0-9-]*)\s*\{/g)].map(([, name = '']) => name);
  });
}

/** The world to build. @throws HostError ERR_COMPONENT_BUILD where it is not there or more than one could be meant */
export function chooseWorld(folder: string, shownAs: string, asked: string | undefined): string {
  const worlds = worldsIn(folder);
  const [only, ...others] = worlds;
  if (only === undefined) {
    const text = `${shownAs} declares no world: expected a file such as world.wit with "package acme:shop;" and "world shop { include host:pubsub/push@0.1.0; }"`;
    throw new HostError('ERR_COMPONENT_BUILD', text);
  }
  if (asked === undefined && others.length === 0) return only;
  if (asked === undefined)
    throw new HostError(
      'ERR_COMPONENT_BUILD',
      `${shownAs} has the worlds ${worlds.join(', ')}: say which with --world`,
    );
  if (worlds.includes(asked)) return asked;
  throw new HostError(
    'ERR_COMPONENT_BUILD',
    `--world: ${shownAs} has no world "${asked}"; it has ${worlds.join(', ')}`,
  );
}

/** A WIT folder as one text, with the packages of `deps` nested: what jco's tools take without a file system. */
export function witSource(folder: string): string {
  const packages = new Map<string, string>();
  let root = '';
  for (const path of witFiles(folder)) {
    const text = readFileSync(join(folder, path), 'utf8');
    const declaration = /^package\s+([^;\s]+);/m.exec(text);
    if (declaration?.[1] === undefined) {
      const fault = `the WIT file ${path} does not name its package: expected "package namespace:name;" as its first statement`;
      throw new HostError('ERR_COMPONENT_BUILD', fault);
    }
    const [statement, name] = declaration;
    if (!path.startsWith('deps')) root = statement;
    packages.set(name, (packages.get(name) ?? '') + text.replace(statement, ''));
  }
  const rootName = /\s(\S+);/.exec(root)?.[1] ?? '';
  const nested = [...packages].filter(([name]) => name !== rootName).map(([name, body]) => `package ${name} {${body}}`);
  return [root, packages.get(rootName) ?? '', ...nested].join('\n');
}
