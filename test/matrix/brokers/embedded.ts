import { fileURLToPath } from 'node:url';
import { startProcessBroker } from './start.ts';
import type { MatrixBroker } from './types.ts';

const BIN = fileURLToPath(new URL('../../../host/bin.js', import.meta.url));

/** `host broker`, in a process like the others. */
export const embedded: MatrixBroker = {
  key: 'embedded',
  label: 'embedded (`host broker`)',
  from: 'this package, on aedes 1.2.0',
  protocols: [4],
  // aedes reuses packet ids, and can repeat or lose QoS 2 on reconnect.
  keepsQos2: false,
  prepare: async () => {},
  start: () =>
    startProcessBroker('embedded', (port) => ({
      program: process.execPath,
      args: [BIN, 'broker', '--listen', `tcp://127.0.0.1:${port}`],
    })),
};
