import { parentPort, workerData } from 'node:worker_threads';
import { CallCells } from '../cells.ts';
import type { FromWorker, ToWorker, WorkerSetup } from '../protocol.ts';
import { Cpu } from './cpu.ts';
import type { GeneratedModule, ImportFactory } from './generated.ts';
import { Outbox } from './outbox.ts';
import { Publishes } from './publishes.ts';
import { Pulls } from './pulls.ts';
import { Runner } from './runner.ts';

export type { ImportFactory } from './generated.ts';

/**
 * The life of a worker: loads the generated code once and runs the calls that the main thread sends. To be called by
 * the module that `createPool` is given as `workerUrl`. A failure to load ends the worker, which the pool reports.
 */
export async function runWorker(createImports: ImportFactory): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('not a worker thread');
  const setup = workerData as WorkerSetup;
  const cells = new CallCells(setup.cells);
  const outbox = new Outbox((message: FromWorker) => port.postMessage(message), cells);
  const generated = (await import(setup.entry)) as GeneratedModule;
  const [publishes, pulls, cpu] = [new Publishes(outbox), new Pulls(outbox, cells), new Cpu(cells)];
  const parts = { setup, generated, createImports, outbox, publishes, pulls, cpu };
  const runner = new Runner(parts, cells);
  port.on('message', (message: ToWorker) => runner.take(message));
  cells.progressed();
}
