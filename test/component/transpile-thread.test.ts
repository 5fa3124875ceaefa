import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { transpileWithJco } from '../../src/component/transpile.ts';
import { transpileInThread } from '../../src/component/transpile-thread.ts';

const plain = { mode: 'sync', asyncImports: [], asyncExports: [] } as const;

describe('transpiling in a thread', () => {
  test('gives what the transpiler gives', async () => {
    const bytes = await readFile((await buildGuest('temperature-alerts')).path);
    const [here, there] = [await transpileWithJco(bytes, plain), await transpileInThread(bytes, plain)];
    expect(there.code).toBe(here.code);
    expect([...there.cores.keys()]).toEqual([...here.cores.keys()]);
  });

  test('answers a component that jco refuses, or panics on, with one line', async () => {
    const bytes = await readFile((await buildGuest('temperature-alerts')).path);
    const broken = new Uint8Array(bytes);
    broken.fill(0xff, broken.length >> 1);
    const failure = await transpileInThread(broken, plain).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_COMPONENT_INVALID' });
    expect(String(failure)).not.toContain('\n');
  });
});
