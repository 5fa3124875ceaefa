import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildGuest, guestNames } from '../../guests/build.ts';

it('finds the guests', () => {
  expect(guestNames()).toEqual([
    'misbehaving',
    'publish-example',
    'pull-worker',
    'pulling',
    'stream-aggregator',
    'temperature-alerts',
  ]);
});

it('builds what has changed, and nothing twice', async () => {
  await buildGuest('misbehaving');
  const { path, built } = await buildGuest('misbehaving');
  expect(built).toBe(false);
  expect(statSync(path).size).toBeGreaterThan(1_000_000);
});

it('names the guests that there are', async () => {
  await expect(buildGuest('nobody')).rejects.toThrow('there are misbehaving, publish-example');
});
