import { defineConfig } from 'vitest/config';

const root = new URL('../..', import.meta.url).pathname;

/** What `npm run matrix` runs against the broker that MATRIX_BROKER names. */
const project = (name: string, include: string[], timeout: number) => ({
  test: {
    name,
    root,
    include,
    alias: { 'wasi-pubsub-host': `${root}src/index.ts` },
    testTimeout: timeout,
    // A broker on the JVM takes its time to start.
    hookTimeout: 300_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('wire', ['test/matrix/suites/wire-*.suite.ts'], 120_000),
      project(
        'contract',
        ['test/matrix/suites/contract.suite.ts', 'test/contracts/broker/exactly-once.test.ts'],
        120_000,
      ),
      project(
        'chaos',
        ['test/chaos/failpoints.test.ts', 'test/chaos/pull-failpoints.test.ts', 'test/matrix/suites/trials.suite.ts'],
        300_000,
      ),
    ],
  },
});
