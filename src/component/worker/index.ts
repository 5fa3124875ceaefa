import { type MessagePort, parentPort } from 'node:worker_threads';
import { AskCells } from '../exchange/ask-cells.ts';
import { CallCells } from '../exchange/cells.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { FromWorker, LOOK, ToWorker, WorkerSetup } from '../exchange/protocol.ts';
import { Calls } from './calls.ts';
import { Cpu } from './cpu.ts';
import type { GeneratedModule, ImportFactory, LinkLoader } from './generated.ts';
import { Invokes } from './invokes.ts';
import { Outbox } from './outbox.ts';
import { Publishes } from './publishes.ts';
import { Pulls } from './pulls.ts';
import { Runner } from './runner.ts';
import { type Surely, Transactions } from './transactions.ts';

export type { ImportFactory, LinkLoader } from './generated.ts';

/** The setup, which comes first, and what comes behind it until `take` is there. */
function awaitSetup(
  port: MessagePort,
): Promise<{ setup: WorkerSetup; begin(take: (message: ToWorker | typeof LOOK) => void): void }> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof awaitSetup>>>();
  const kept: (ToWorker | typeof LOOK)[] = [];
  const keep = (message: ToWorker | typeof LOOK) => void kept.push(message);
  port.once('message', (setup: WorkerSetup) => {
    port.on('message', keep);
    const begin = (take: (message: ToWorker | typeof LOOK) => void) => {
      port.off('message', keep);
      for (const message of kept) take(message);
      port.on('message', take);
    };
    resolve({ setup, begin });
  });
  return promise;
}

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
  const { setup, begin } = await awaitSetup(port);
  const [cells, exchange] = [new CallCells(setup.cells), new Exchange(setup.exchange)];
  const outbox = new Outbox(
    (message: FromWorker | typeof LOOK, transfer?: ArrayBuffer) =>
      port.postMessage(message, transfer === undefined ? [] : [transfer]),
    cells,
    exchange,
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
  const runner = new Runner(parts, cells, new Calls(exchange));
  begin((message) => runner.take(message));
  cells.progressed();
}
