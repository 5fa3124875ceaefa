import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inspectComponent, linkGiven, prepareComponent } from '../../../src/component/index.ts';
import { hangingImports, mendImports } from '../../../src/component/mend/imports.ts';
import { stripDebugLog } from '../../../src/component/mend/strip.ts';
import { transpileWithJco } from '../../../src/component/transpile.ts';
import type { GivenInterface } from '../../../src/guest.ts';
import { tempDirectory } from '../../support/temp.ts';
import { functions, importer, moduleAt } from './support.ts';

const PACKAGES = `package acme:a@1.0.0 { interface x { f: func(); delete: func(a: u8) -> result<u8, string>; } }
package acme:a@2.0.0 { interface x { f: func() -> string; } }`;
const IMPORTS = ['acme:a/x@1.0.0', 'acme:a/x@2.0.0'];

const cacheDir = tempDirectory('cache');

async function prepared(given: readonly GivenInterface[]) {
  const bytes = await importer(PACKAGES, IMPORTS);
  const inspection = inspectComponent(bytes, { source: 'guest.wasm' });
  const { links } = linkGiven(inspection, given, 'guest.wasm');
  return prepareComponent(bytes, { cacheDir, inspection, provided: [], links, memory: 2 ** 24 });
}

const code = (entry: string) => readFileSync(fileURLToPath(entry), 'utf8');

describe('a component with interfaces of the library', () => {
  it('waits for functions, and not for modules', async () => {
    const modules = await prepared([moduleAt('acme:a/x@1.0.0', 'file:///a'), moduleAt('acme:a/x@2.0.0', 'file:///b')]);
    expect(modules.mode).toBe('sync');
    expect([...modules.waits]).toEqual([]);
    const mixed = await prepared([functions('acme:a/x@1.0.0', 'f', 'delete'), moduleAt('acme:a/x@2.0.0', 'file:///b')]);
    expect(mixed.mode).toBe('jspi');
    expect([...mixed.waits]).toEqual([['acme:a/x@1.0.0', ['f', 'delete']]]);
  });

  it('looks up each version of an interface by its own name', async () => {
    const both = await prepared([functions('acme:a/x', 'f', 'delete')]);
    for (const name of IMPORTS) expect(code(both.entry)).toContain(`imports['${name}']`);
    expect([...both.waits.keys()]).toEqual(IMPORTS);
  });

  it('has a place in the cache for each way of calling, and one for all modules', async () => {
    const one = (module: string) => [moduleAt('acme:a/x@1.0.0', module), functions('acme:a/x@2.0.0', 'f')];
    const first = await prepared(one('file:///a'));
    const other = await prepared(one('file:///elsewhere'));
    expect(other).toMatchObject({ cached: true, entry: first.entry });
    const called = await prepared([functions('acme:a/x@1.0.0', 'f', 'delete'), functions('acme:a/x@2.0.0', 'f')]);
    expect(called.entry).not.toBe(first.entry);
  });
});

describe('generated code', () => {
  it('ends a call whose import throws, where it would hang; exports stay as they are', async () => {
    const bytes = await importer(PACKAGES, IMPORTS);
    const asyncImports = ['acme:a/x@1.0.0#f', 'acme:a/x@1.0.0#delete', 'acme:a/x@2.0.0#f'];
    const how = { mode: 'jspi', asyncImports, asyncExports: ['handle'], versioned: IMPORTS } as const;
    const stripped = stripDebugLog((await transpileWithJco(bytes, how)).code);
    // Two functions without a `result`.
    expect(hangingImports(stripped)).toBe(2);
    const mended = mendImports(stripped);
    expect(hangingImports(mended)).toBe(0);
    const promises = (text: string) => text.split('return task.completionPromise();').length - 1;
    expect(promises(stripped) - promises(mended)).toBe(2);
    expect(promises(mended)).toBeGreaterThan(0);
  });

  it('is left as it is where nothing hangs', () => {
    expect(mendImports('export function f() { return 1; }')).toBe('export function f() { return 1; }');
  });
});
