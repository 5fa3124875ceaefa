import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createImports, providedInterfaces } from '../../src/interfaces/index.ts';
import { WIT } from '../../wit/generate.ts';
import { fakeContext } from './context.ts';
import { interfacesOf } from './wit-functions.ts';

const JCO = join(dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco')), '..');

/** Exported by guests, never imported. */
const EXPORTED = ['wasi:cli/run', 'wasi:http/incoming-handler', 'wasi:pubsub/data-on-message'];

function read(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder }).map((path) => readFileSync(join(folder, path), 'utf8'));
}

const wit = [
  ...read(join(JCO, 'lib/wit/builtin/0.2.12'), '*/package.wit'),
  ...read(WIT, '*.wit'),
  ...read(WIT, 'deps/*/*.wit'),
];
const interfaces = wit.flatMap(interfacesOf).filter(({ name }) => !EXPORTED.includes(name));
const imports = createImports(fakeContext());

describe('every interface of WASI 0.2 and of the contract', () => {
  it('was found in the WIT texts', () => {
    const found = interfaces.map(({ name }) => name);
    expect(found).toContain('wasi:filesystem/types');
    expect(found).toContain('host:pubsub/publisher');
    const descriptor = interfaces.find(({ name }) => name === 'wasi:filesystem/types')?.resources.get('Descriptor');
    expect(descriptor?.methods).toContain('metadataHashAt');
    expect(interfaces.flatMap(({ functions }) => functions).length).toBeGreaterThan(35);
  });

  it('is provided, and nothing else is', () => {
    expect(Object.keys(imports).sort()).toEqual([...new Set(interfaces.map(({ name }) => name))].sort());
    expect(providedInterfaces.map(({ name }) => name).sort()).toEqual(Object.keys(imports).sort());
  });

  it.each(interfaces)('$name has every function and class', ({ name, functions, resources }) => {
    const provided = imports[name] ?? {};
    for (const item of functions) expect(provided[item], item).toBeTypeOf('function');
    for (const [resource, { methods, statics }] of resources) {
      const type = provided[resource] as (new () => Record<string, unknown>) & Record<string, unknown>;
      expect(type, resource).toBeTypeOf('function');
      for (const method of methods) expect(type.prototype[method], `${resource}.${method}`).toBeTypeOf('function');
      for (const method of statics) expect(type[method], `${resource}.${method}`).toBeTypeOf('function');
    }
    expect(Object.keys(provided).sort()).toEqual([...functions, ...resources.keys()].sort());
  });

  it('waits only in functions that it has', () => {
    const waits = providedInterfaces.flatMap(({ name, waits }) => waits.map((item) => `${name}#${item}`));
    expect(waits).toEqual([
      'wasi:pubsub/data-basic#publish',
      'wasi:pubsub/data-basic#receive',
      'wasi:pubsub/data-basic#stream',
      'host:pubsub/publisher#publish-with',
    ]);
  });
});
