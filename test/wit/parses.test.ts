import { join } from 'node:path';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { componentize } from 'componentize-qjs';
import { describe, expect, it } from 'vitest';
import { guestTypes } from '../../src/component/guest-types.ts';
import { witSource } from '../../src/toolchain/index.ts';
import { GENERATED, WIT } from '../../wit/generate.ts';

/** Each tree, and the functions of data-basic that it has. */
const trees = [
  { name: 'contract', folder: WIT, functions: ['publish', 'receive', 'stream'] },
  { name: 'no-stream', folder: join(GENERATED, 'no-stream'), functions: ['publish', 'receive'] },
  { name: 'publish-only', folder: join(GENERATED, 'publish-only'), functions: ['publish'] },
];

function basicFunctions(types: ReadonlyMap<string, string>): (string | undefined)[] {
  const text = types.get('interfaces/wasi-pubsub-data-basic.d.ts') ?? '';
  return [...text.matchAll(/export function (\w+)/g)].map((match) => match[1]);
}

const GUEST = 'export const dataOnMessage = { onMessage() {} };';

describe.each(trees)('$name', ({ folder, functions }) => {
  it.each(['push', 'command'])("is understood by jco, for the world '%s'", async (world) => {
    const types = await guestTypes(witSource(folder), world);
    expect(basicFunctions(types)).toEqual(functions);
    expect([...types.keys()].includes('interfaces/host-pubsub-delivery.d.ts')).toBe(world === 'command');
  });

  it('makes a QuickJS guest that imports the contract and exports its handler', async () => {
    const { component } = await componentize({ witPath: folder, world: 'push', jsSource: GUEST });
    const wit = await componentWit(component);
    expect(wit).toContain('import wasi:pubsub/data-basic@0.1.0;');
    expect(wit).toContain('import wasi:logging/logging@0.1.0-draft;');
    expect(wit).toContain('export wasi:pubsub/data-on-message@0.1.0;');
    expect(basicFunctions(await guestTypes(component))).toEqual(functions);
  });
});
