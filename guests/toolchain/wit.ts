import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The WIT files of a folder and its `deps`, by path, in a stable order. */
function witFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(deps[\\/].*|[^\\/]*)\.wit$/.test(path))
    .sort();
}

/** Writes into `target` a self-contained WIT folder: the guest's own, with a copy of the contract as dependencies. */
export function assembleWit(guestWit: string, contract: string, target: string): void {
  cpSync(join(contract, 'deps'), join(target, 'deps'), { recursive: true });
  cpSync(contract, join(target, 'deps', 'host-pubsub'), {
    recursive: true,
    filter: (path) => path === contract || (path.endsWith('.wit') && !path.startsWith(join(contract, 'deps'))),
  });
  cpSync(guestWit, target, { recursive: true });
}

/** A WIT folder as one text, with the packages of `deps` nested: what jco's tools take without a file system. */
export function witSource(folder: string): string {
  const packages = new Map<string, string>();
  let root = '';
  for (const path of witFiles(folder)) {
    const text = readFileSync(join(folder, path), 'utf8');
    const declaration = /^package\s+([^;\s]+);/m.exec(text);
    if (declaration?.[1] === undefined) throw new Error(`${join(folder, path)} does not start with its package`);
    const [statement, name] = declaration;
    if (!path.startsWith('deps')) root = statement;
    packages.set(name, (packages.get(name) ?? '') + text.replace(statement, ''));
  }
  const rootName = /\s(\S+);/.exec(root)?.[1] ?? '';
  const nested = [...packages].filter(([name]) => name !== rootName).map(([name, body]) => `package ${name} {${body}}`);
  return [root, packages.get(rootName) ?? '', ...nested].join('\n');
}
