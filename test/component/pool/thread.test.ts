import { expect, test } from 'vitest';
import { Thread } from '../../../src/component/pool/thread.ts';
import { type CallMessage, FULL, type WorkerSetup } from '../../../src/component/protocol.ts';

/** Says how many calls came, in the place of progress. */
const COUNTING = `
  import { parentPort, workerData } from 'node:worker_threads';
  const progress = new Int32Array(workerData.cells, 12, 1);
  Atomics.add(progress, 0, 1);
  parentPort.on('message', ({ calls }) => Atomics.add(progress, 0, calls.count));`;

const CALL: CallMessage = {
  id: 1,
  cell: 0,
  instance: 0,
  chain: 0,
  binding: undefined,
  attributeBytes: 0,
  handler: { interface: 'wasi:cli/run@0.2.6', function: 'run' },
};

test('calls that are many reach the worker within the turn, the rest at its end', async () => {
  const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(COUNTING)}`);
  const thread = new Thread({ workerUrl, setup: {} as WorkerSetup, heap: 64, delivers: false });
  const { cells } = thread;
  await expect.poll(() => cells.progress, { timeout: 20_000 }).toBe(1);
  for (let count = 0; count < FULL + 2; count++) thread.call(CALL);
  const deadline = Date.now() + 20_000;
  while (cells.progress === 1 && Date.now() < deadline);
  expect(cells.progress).toBe(1 + FULL);
  await expect.poll(() => cells.progress, { timeout: 20_000 }).toBe(1 + FULL + 2);
  await thread.end();
});
