import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createCommand, resolveCommand } from '../../../src/component/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { component, PACKAGES } from '../support/guests.ts';
import { prepare } from '../support/pool.ts';

const PACKAGES_AND_RUN = `${PACKAGES}package wasi:cli@0.2.6 { interface run { run: func() -> result; } }`;

/** A command whose `run` does that, and the threads that it has. */
async function command(run: string) {
  const wat = `(module (func (export "wasi:cli/run@0.2.6#run") (result i32) ${run}))`;
  const prepared = await prepare(component(wat, 'export wasi:cli/run@0.2.6;', PACKAGES_AND_RUN));
  const handler = resolveCommand(prepared.inspection);
  if (handler === undefined) throw new Error('no command');
  const living = new Set<Worker>();
  const count = (worker: Worker) => living.add(worker.on('exit', () => living.delete(worker)));
  process.on('worker', count);
  atEnd(() => process.off('worker', count));
  const running = createCommand(
    {
      component: prepared,
      workerUrl: new URL('../support/worker.ts', import.meta.url),
      env: {},
      args: [],
      publish: () => Promise.resolve({ ok: true, value: undefined }),
      telemetry: { report() {} },
    },
    handler,
  );
  atEnd(() => running.close());
  return { running, living };
}

test.each([
  ['i32.const 0', { kind: 'ok' }],
  ['i32.const 1', { kind: 'trap', exitCode: 1 }],
  ['unreachable', { kind: 'trap', message: expect.stringContaining('unreachable') }],
])('a command leaves no thread behind when it has ended: %s', async (run, outcome) => {
  const { running, living } = await command(run);
  await eventually(() => living.size > 0);
  expect(await running.ended).toMatchObject(outcome);
  await eventually(() => living.size === 0);
});
