import { expect, it } from 'vitest';
import { payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

it('has no directory to start from', () => {
  expect(linked('wasi:filesystem/preopens').getDirectories()).toEqual([]);
});

it.each(['Descriptor', 'DirectoryEntryStream'])('refuses every operation of %s', async (name) => {
  const Resource = linked('wasi:filesystem/types')[name];
  const methods = Object.getOwnPropertyNames(Resource.prototype).filter((method) => method !== 'constructor');
  expect(methods).not.toEqual([]);
  for (const method of methods) expect(await payloadOf(() => new Resource()[method]()), method).toBe('access');
});

it('knows no error code of a stream error', () => {
  expect(linked('wasi:filesystem/types').filesystemErrorCode({})).toBeUndefined();
});
