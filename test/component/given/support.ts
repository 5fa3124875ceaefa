import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { type Inspection, inspectComponent } from '../../../src/component/index.ts';
import { parseInterfaceName } from '../../../src/component/versions.ts';
import type { GivenInterface } from '../../../src/guest.ts';

/** A component that imports `imports`, interfaces that `packages` declare, and does nothing. */
export async function importer(packages: string, imports: readonly string[]): Promise<Uint8Array> {
  const world = imports.map((name) => `import ${name};`).join('\n');
  const witSource = `package test:guest;\n${packages}\nworld guest {\n${world}\nexport handle: func();\n}`;
  return componentNew(await componentEmbed({ dummy: true, witSource, world: 'guest' }), []);
}

export async function inspected(packages: string, imports: readonly string[]): Promise<Inspection> {
  return inspectComponent(await importer(packages, imports), { source: 'guest.wasm' });
}

/** As `readInterfaces` makes them. */
export function functions(key: string, ...names: readonly string[]): GivenInterface {
  return { key, ...parseInterfaceName(key), source: { functions: names } };
}

export function moduleAt(key: string, module: string): GivenInterface {
  return { key, ...parseInterfaceName(key), source: { module } };
}
