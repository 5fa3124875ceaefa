import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Projects in the order of what they need: nothing, a broker, the command line, processes that are killed. */
const project = (name: string, include: string[], timeout: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    root: new URL('..', import.meta.url).pathname,
    // As "node --conditions=wasi-pubsub-host-source" does it.
    alias: { 'wasi-pubsub-host': new URL('../src/index.ts', import.meta.url).pathname },
    testTimeout: timeout,
    hookTimeout: timeout,
  },
});

export default defineConfig({
  test: {
    // Most of their time these wait for processes: vitest's default, a core fewer, takes twice as long on two cores.
    maxWorkers: availableParallelism(),
    projects: [
      project('unit', ['test/**/*.test.ts'], 20_000, ['test/{contracts,e2e,chaos,bench}/**']),
      project('contracts', ['test/contracts/**/*.test.ts'], 60_000),
      project('e2e', ['test/{e2e,bench}/**/*.test.ts'], 120_000),
      project('chaos', ['test/chaos/**/*.test.ts'], 300_000),
    ],
  },
});
