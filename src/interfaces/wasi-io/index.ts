import { type Contract, contract, WASI_VERSION } from '../contract.ts';
import { IoError } from './error.ts';
import { Pollable, poll } from './poll.ts';
import { InputStream, OutputStream } from './streams.ts';

/** `wasi:io`: streams and waiting, as far as clocks and standard output need them. */
export const wasiIo: readonly Contract[] = [
  contract('wasi:io/error', WASI_VERSION, () => ({ Error: IoError })),
  contract('wasi:io/poll', WASI_VERSION, () => ({ Pollable, poll })),
  contract('wasi:io/streams', WASI_VERSION, () => ({ InputStream, OutputStream })),
];
