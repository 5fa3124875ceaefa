import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkImports, inspectComponent, openComponent } from '../../src/component/index.ts';
import { capMemory, definesMemory, PAGE } from '../../src/component/limits.ts';
import { tempDirectory } from '../support/temp.ts';
import { craftedComponent, globals, importing, manyImports, nestedTuples, section, text } from './support/crafted.ts';

const source = 'guest.wasm';
const inspect = (bytes: Uint8Array) => inspectComponent(bytes, { source });
const U8 = [0x7d];
const STREAM = [0x66, 1, 0x7d];

describe('types that share their parts', () => {
  test.each([
    ['wide', 400, 4],
    ['deep', 2, 5_000],
  ])('are printed in part and walked once: %s', (_, width, depth) => {
    const { imports, usesAsync } = inspect(nestedTuples(width, depth, U8));
    expect(imports[0]?.functions[0]?.type).toMatch(/^func\(x: tuple<tuple<.{1,490}…?/);
    expect(imports[0]?.functions[0]?.type.length).toBeLessThanOrEqual(501);
    expect(usesAsync).toBe(false);
  });

  test('a stream is found in them at any depth', () => {
    expect(inspect(nestedTuples(2, 5_000, STREAM)).usesAsync).toBe(true);
  });
});

describe('imports without number', () => {
  test('the error names ten and counts the others', () => {
    expect(() => checkImports(inspect(manyImports(30, 2)), [], source)).toThrow(
      expect.objectContaining({
        code: 'ERR_COMPONENT_IMPORT',
        message: expect.stringMatching(/^[^;]*(?:; a:b\/i\d+){9} and 20 more$/),
      }),
    );
  });

  test('an interface that many imports share is read once', () => {
    const { imports } = inspect(manyImports(2, 2));
    expect(imports[0]?.functions).toBe(imports[1]?.functions);
  });

  test('too many functions are refused', () => {
    expect(() => inspect(manyImports(1_000, 1_000))).toThrow(
      expect.objectContaining({ code: 'ERR_COMPONENT_UNSAFE', message: expect.stringContaining('1000000 functions') }),
    );
  });
});

describe('names that would forge lines', () => {
  const evil = 'x\n2026-11-24 INFO all is well \x1b[31m\u202e';
  const unsafe = /^[\x20-\x7e]*(?:smuggle|no export)[\x20-\x7e]*$/;

  test('of imports are refused before any error shows them', async () => {
    const path = join(tempDirectory('forged'), 'guest.wasm');
    writeFileSync(path, importing(evil));
    await expect(openComponent(path, [])).rejects.toMatchObject({
      code: 'ERR_COMPONENT_UNSAFE',
      message: expect.stringMatching(unsafe),
    });
  });

  test('that an alias misses are quoted', () => {
    const types = section(7, [[0x42, 0]]);
    const imports = section(10, [[0, ...text('a:b/c'), 5, 0]]);
    const aliases = section(6, [[0x01, 0x00, 0, ...text('x\ny')]]);
    expect(() => inspect(craftedComponent(types, imports, aliases))).toThrow(/no export "x\\ny" to alias/);
  });
});

describe('globals', () => {
  const cap = (count: number, memory: number) => capMemory(new Map([['a.wasm', globals(count)]]), memory);

  test('many of them make a module one that is instantiated once', () => {
    expect(definesMemory(globals(1_000))).toBe(false);
    expect(definesMemory(globals(1_001))).toBe(true);
  });

  test('count as memory, 16 bytes each', () => {
    expect(() => cap(8_192, PAGE)).toThrow(expect.objectContaining({ code: 'ERR_COMPONENT_START' }));
    expect(cap(8_192, 2 * PAGE).get('a.wasm')).toEqual(Buffer.from(globals(8_192)));
  });

  test('are refused by the ten thousands', () => {
    expect(() => cap(65_537, 2 ** 30)).toThrow(
      expect.objectContaining({ code: 'ERR_COMPONENT_UNSAFE', message: expect.stringContaining('65537 globals') }),
    );
    expect(() => cap(65_536, 2 ** 30)).not.toThrow();
  });
});
