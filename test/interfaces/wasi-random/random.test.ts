import { expect, it } from 'vitest';
import { GuestTrap } from '../../../src/interfaces/wit-error.ts';
import { linked } from '../linked.ts';

it('gives each instance a seed of its own', () => {
  const seed = () => linked('wasi:random/insecure-seed').insecureSeed();
  const [a, b] = seed();
  expect([a, b]).toEqual([expect.any(BigInt), expect.any(BigInt)]);
  expect(seed()).not.toEqual([a, b]);
});

it.each([
  ['wasi:random/random', 'getRandomBytes', 'getRandomU64'],
  ['wasi:random/insecure', 'getInsecureRandomBytes', 'getInsecureRandomU64'],
])('%s gives fresh bytes and numbers, within a bound', (name, bytes, u64) => {
  const random = linked(name);
  expect(random[bytes](16n)).toHaveLength(16);
  expect(random[bytes](16n)).not.toEqual(random[bytes](16n));
  expect(random[u64]()).not.toBe(random[u64]());
  expect(() => random[bytes](2n ** 40n)).toThrow(GuestTrap);
});
