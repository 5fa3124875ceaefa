import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildGuest, guestNames } from '../../guests/build.ts';

it('finds every folder but what goes into the others', () => {
  const folders = readdirSync(fileURLToPath(new URL('../../guests/', import.meta.url)), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory() && entry.name !== 'prelude').map(({ name }) => name);
  expect(guestNames()).toEqual(names.sort());
});

it('builds what has changed, and nothing twice', async () => {
  await buildGuest('misbehaving');
  const { path, built } = await buildGuest('misbehaving');
  expect(built).toBe(false);
  expect(statSync(path).size).toBeGreaterThan(1_000_000);
});

it('names the guests that there are', async () => {
  await expect(buildGuest('nobody')).rejects.toThrow(/there are (\S+, )*misbehaving, (\S+, )*pulling/);
});
