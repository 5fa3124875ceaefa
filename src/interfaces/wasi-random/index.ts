import { randomBytes } from 'node:crypto';
import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { GuestTrap } from '../wit-error.ts';

/** One request's bytes are made in the host's memory, which the guest's own limit does not cover. */
const MOST_BYTES = 16n * 1024n * 1024n;

function bytes(length: bigint): Uint8Array {
  if (length > MOST_BYTES)
    throw new GuestTrap(`the guest asked for ${length} random bytes at once; at most ${MOST_BYTES} are given`);
  return new Uint8Array(randomBytes(Number(length)));
}

function u64(): bigint {
  return randomBytes(8).readBigUInt64LE();
}

/** `wasi:random`: all of it from the system's generator, the interfaces called insecure too. */
export const wasiRandom: readonly Contract[] = [
  contract('wasi:random/random', WASI_VERSION, () => ({ getRandomBytes: bytes, getRandomU64: u64 })),
  contract('wasi:random/insecure', WASI_VERSION, () => ({
    getInsecureRandomBytes: bytes,
    getInsecureRandomU64: u64,
  })),
  contract('wasi:random/insecure-seed', WASI_VERSION, () => ({ insecureSeed: (): [bigint, bigint] => [u64(), u64()] })),
];
