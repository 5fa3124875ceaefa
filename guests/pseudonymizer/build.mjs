import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// One folder with the guest's world and the contract it includes: a StarlingMonkey guest imports all that its world
// names, and cannot be built where that has a stream.
const contract = here('../../wit/generated/publish-only');
const wit = here('build/wit');
await rm(wit, { recursive: true, force: true });
await cp(here('wit'), wit, { recursive: true });
await cp(`${contract}/deps`, `${wit}/deps`, { recursive: true });
for (const file of ['worlds.wit', 'delivery.wit', 'publisher.wit'])
  await cp(`${contract}/${file}`, `${wit}/deps/host-pubsub/${file}`);

const { component } = await componentize({
  sourcePath: here('src/main.js'),
  witPath: wit,
  worldName: 'pseudonymizer',
  disableFeatures: ['http', 'fetch-event'],
});
await mkdir(here('build'), { recursive: true });
await writeFile(here('build/pseudonymizer.wasm'), component);
