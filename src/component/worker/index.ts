import { parentPort, workerData } from 'node:worker_threads';
import { AskCells } from '../ask-cells.ts';
import { CallCells } from '../cells.ts';
import type { FromWorker, ToWorker, WorkerSetup } from '../protocol.ts';
import { Cpu } from './cpu.ts';
import type { GeneratedModule, ImportFactory, LinkLoader } from './generated.ts';
import { Invokes } from './invokes.ts';
import { Outbox } from './outbox.ts';
import { Publishes } from './publishes.ts';
import { Pulls } from './pulls.ts';
import { Runner } from './runner.ts';
import { type Surely, Transactions } from './transactions.ts';

export type { ImportFactory, LinkLoader } from './generated.ts';

/**
 * The life of a worker: loads the generated code once and runs the calls that the main thread sends. To be called by
 * the module that `createPool` is given as `workerUrl`. A failure to load ends the worker, which the pool reports.
 * `loadLinks` makes what is linked of interfaces that the library's user gave, `createSurely` what says which publishes
 * need no answer.
 */
export async function runWorker(
  createOwn: ImportFactory,
  loadLinks?: LinkLoader,
  createSurely?: (rules: unknown) => Surely,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('not a worker thread');
  const setup = workerData as WorkerSetup;
  const cells = new CallCells(setup.cells);
  const outbox = new Outbox(
    (message: FromWorker, transfer?: ArrayBuffer) =>
      port.postMessage(message, transfer === undefined ? [] : [transfer]),
    cells,
  );
  const linked = await loadLinks?.(setup.links);
  const createImports: ImportFactory =
    linked === undefined ? createOwn : (context) => ({ ...createOwn(context), ...linked(context) });
  const generated = (await import(setup.entry)) as GeneratedModule;
  const [publishes, pulls, cpu] = [new Publishes(outbox), new Pulls(outbox, cells), new Cpu(cells)];
  const invokes = new Invokes(outbox);
  const transactions =
    setup.rules === undefined || createSurely === undefined
      ? undefined
      : new Transactions(outbox, new AskCells(setup.asks), createSurely(setup.rules));
  const parts = { setup, transactions, generated, createImports, outbox, publishes, pulls, invokes, cpu };
  const runner = new Runner(parts, cells);
  port.on('message', (message: ToWorker) => runner.take(message));
  cells.progressed();
}
