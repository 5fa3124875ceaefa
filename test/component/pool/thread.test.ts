import { expect, test } from 'vitest';
import { LINE_BYTES } from '../../../src/component/exchange/cells.ts';
import { MANY_CALLS, type WorkerSetup } from '../../../src/component/exchange/protocol.ts';
import { Thread } from '../../../src/component/pool/thread.ts';

const handler = { interface: undefined, function: 'on-message' };
const event = { id: 'x', source: '/s', type: 't', data: new Uint8Array() };
const call = { binding: 'b0', event, delivery: undefined };

/** Says in the place of progress how many calls came by message, and a thousand for being told of others. */
const COUNTING = `
  import { parentPort } from 'node:worker_threads';
  parentPort.once('message', ({ cells }) => {
    const progress = new Int32Array(cells, ${LINE_BYTES + 4}, 1);
    Atomics.add(progress, 0, 1);
    parentPort.on('message', ({ calls }) => Atomics.add(progress, 0, calls?.count ?? 1000));
  });`;

test('calls that are many reach the worker within the turn, the rest at its end', async () => {
  const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(COUNTING)}`);
  const thread = new Thread({ workerUrl, heap: 64 });
  thread.setUp({ setup: {} as WorkerSetup, delivers: false });
  const { cells } = thread;
  await expect.poll(() => cells.progress, { timeout: 20_000 }).toBe(1);
  for (let count = 0; count < MANY_CALLS + 2; count++)
    thread.call({ id: count, cell: 0, instance: 0, handler, call }, 0);
  const deadline = Date.now() + 20_000;
  while (cells.progress === 1 && Date.now() < deadline);
  expect(cells.progress).toBe(1 + MANY_CALLS);
  await expect.poll(() => cells.progress, { timeout: 20_000 }).toBe(1 + MANY_CALLS + 1000);
  await thread.end();
});
