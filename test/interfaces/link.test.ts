import { cpSync, globSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { expect, it } from 'vitest';
import { witSource } from '../../src/toolchain/index.ts';
import { WIT } from '../../wit/generate.ts';
import { transpiled } from '../guests/transpiled.ts';
import { tempDirectory } from '../support/temp.ts';
import { fakeContext } from './context.ts';

const JCO = join(dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco')), '..');
const WASI = join(JCO, 'lib/wit/builtin/0.2.12');

const WORLD = `package test:everything;
world everything {
  include wasi:cli/imports@0.2.12;
  include wasi:http/imports@0.2.12;
  import host:pubsub/delivery@0.1.0;
  import host:pubsub/publisher@0.1.0;
  import wasi:pubsub/data-basic@0.1.0;
  import wasi:logging/logging@0.1.0-draft;
}
`;

it('links a component that imports everything', async () => {
  const folder = tempDirectory('wit');
  writeFileSync(join(folder, 'world.wit'), WORLD);
  cpSync(WASI, join(folder, 'deps'), { recursive: true });
  cpSync(join(WIT, 'generated/no-stream/deps'), join(folder, 'deps'), { recursive: true });
  for (const file of globSync('*.wit', { cwd: WIT }))
    cpSync(join(WIT, file), join(folder, 'deps', 'host-pubsub', file));
  const core = await componentEmbed({ dummy: true, witSource: witSource(folder), world: 'everything' });
  const make = await transpiled(await componentNew(core));
  expect(make(fakeContext())).toBeDefined();
});
