import type { GuestContext, ProvidedInterface } from '../guest.ts';
import type { Contract } from './contract.ts';

export { createInvoke, readInterfaces } from './custom/given.ts';
export { loadLinks } from './custom/load.ts';

import { hostPubsub } from './host-pubsub/index.ts';
import { wasiCli } from './wasi-cli/index.ts';
import { wasiClocks } from './wasi-clocks/index.ts';
import { wasiFilesystem } from './wasi-filesystem/index.ts';
import { wasiHttp } from './wasi-http/index.ts';
import { wasiIo } from './wasi-io/index.ts';
import { wasiLogging } from './wasi-logging/index.ts';
import { wasiPubsub } from './wasi-pubsub/index.ts';
import { wasiRandom } from './wasi-random/index.ts';
import { wasiSockets } from './wasi-sockets/index.ts';

const contracts: readonly Contract[] = [
  ...wasiPubsub,
  ...hostPubsub,
  ...wasiLogging,
  ...wasiCli,
  ...wasiIo,
  ...wasiClocks,
  ...wasiRandom,
  ...wasiFilesystem,
  ...wasiSockets,
  ...wasiHttp,
];

/** Every interface that a component may import, for linking checks. */
export const providedInterfaces: readonly ProvidedInterface[] = contracts.map(({ name, version, waits }) => ({
  name,
  version,
  waits,
}));

/**
 * What one guest instance links to, keyed by interface name without its version. Made afresh for each instance:
 * nothing in it is shared but classes without state.
 */
export function createImports(context: GuestContext): Record<string, Record<string, unknown>> {
  return Object.fromEntries(contracts.map(({ name, create }) => [name, create(context)]));
}
