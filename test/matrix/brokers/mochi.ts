import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, run } from '../cache.ts';
import { startProcessBroker } from './start.ts';
import type { MatrixBroker } from './types.ts';

const SOURCES = ['main.go', 'go.mod', 'go.sum'];

/** Needs Go. */
const got = () =>
  cached(
    'mochi-2.7.9',
    SOURCES.map((file) => new URL(`./mochi/${file}`, import.meta.url)),
    async (directory) => {
      for (const file of SOURCES) await cp(new URL(`./mochi/${file}`, import.meta.url), join(directory, file));
      await run('go', ['build', '-o', 'mochi', '.'], directory);
    },
  );

export const mochi: MatrixBroker = {
  key: 'mochi-2.7.9',
  label: 'mochi 2.7.9 with badger',
  from: 'Go, `github.com/mochi-mqtt/server/v2`',
  protocols: [5, 4],
  keepsQos2: true,
  prepare: async () => void (await got()),
  start: async () => {
    const program = join(await got(), 'mochi');
    return startProcessBroker('mochi', (port, directory) => ({ program, args: [`127.0.0.1:${port}`, directory] }));
  },
};
