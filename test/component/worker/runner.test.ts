import { expect, onTestFinished, test, vi } from 'vitest';
import { Exchange } from '../../../src/component/exchange/exchange.ts';
import type { WorkerSetup } from '../../../src/component/exchange/protocol.ts';
import { CallWriter } from '../../../src/component/pool/call-writer.ts';
import { Calls } from '../../../src/component/worker/calls.ts';
import { Cpu } from '../../../src/component/worker/cpu.ts';
import type { GeneratedModule } from '../../../src/component/worker/generated.ts';
import { Invokes } from '../../../src/component/worker/invokes.ts';
import { KeptStacks } from '../../../src/component/worker/kept-stack.ts';
import { Publishes } from '../../../src/component/worker/publishes.ts';
import { Pulls } from '../../../src/component/worker/pulls.ts';
import { Runner } from '../../../src/component/worker/runner.ts';
import { testOutbox } from '../support/outbox.ts';

const handler = { interface: undefined, function: 'handle' };
const event = { id: 'x', source: '/s', type: 't', data: new Uint8Array() };
const call = { binding: 'b0', event, delivery: undefined };

/** A worker whose guest can wait for `host.publish` and `host.receive`. */
function setUp(instantiate: GeneratedModule['instantiate']) {
  const { cells, exchange, outbox, sent } = testOutbox();
  const waits = new Map([['host', ['publish', 'receive']]]);
  const runner = new Runner(
    {
      setup: { mode: 'jspi', waits, cores: new Map(), env: {}, args: [] } as unknown as WorkerSetup,
      generated: { instantiate },
      createImports: (context) => ({
        host: { publish: () => context.publish({ topic: 'a', event }), receive: () => context.receive('a') },
      }),
      transactions: undefined,
      outbox,
      publishes: new Publishes(outbox),
      pulls: new Pulls(outbox, cells),
      invokes: new Invokes(outbox),
      cpu: new Cpu(cells),
    },
    cells,
    new Calls(new Exchange(exchange.buffer)),
  );
  const writer = new CallWriter(exchange);
  /** Calls in cells of their ids, on these instances. */
  const run = (instances: readonly (readonly [id: number, instance: number])[]) => {
    for (const [id, instance] of instances) writer.write({ id, cell: id, instance, handler, call }, 0, false);
    runner.take(writer.take(false)?.first ?? {});
  };
  const results = () => sent.flatMap((message) => message.results ?? []);
  return { cells, runner, sent, run, results };
}

test('an instance that is replaced has its stacks ended, also where its code did not trap', async () => {
  const end = vi.spyOn(KeptStacks.prototype, 'end');
  onTestFinished(() => end.mockRestore());
  const outcomes = [undefined, new TypeError('a result that cannot be read'), undefined];
  const handle = async () => {
    const thrown = outcomes.shift();
    if (thrown !== undefined) throw thrown;
  };
  const instantiate = vi.fn(() => ({ handle }));
  const { run, results } = setUp(instantiate);
  run([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  await vi.waitFor(() => expect(results().length).toBe(3));
  expect(results()).toMatchObject([1, { id: 2, outcome: { kind: 'trap' } }, 3]);
  expect([instantiate.mock.calls.length, end.mock.calls.length]).toEqual([2, 1]);
});

type Host = Record<'publish' | 'receive', () => Promise<unknown>>;

test('a call has the CPU until it waits or ends, and again when it goes on', async () => {
  const seen: (number | undefined)[] = [];
  let number = 0;
  const { cells, runner, sent, run, results } = setUp((_, { host }) => {
    const { publish } = host as Host;
    const waits = number++ < 2;
    const handle = async () => {
      seen.push(cells.onCpu);
      if (!waits) return;
      await publish();
      seen.push(cells.onCpu);
    };
    return { handle };
  });
  run([
    [5, 0],
    [6, 1],
    [7, 2],
  ]);
  await vi.waitFor(() => expect(sent.flatMap(({ packed }) => packed?.count ?? 0)).toEqual([2]));
  expect([...seen, cells.onCpu]).toEqual([5, 6, 7, undefined]);
  runner.take({ confirmed: [2, 1] });
  await vi.waitFor(() => expect(results()).toEqual([7, 6, 5]));
  expect([...seen, cells.onCpu]).toEqual([5, 6, 7, 6, 5, undefined]);
});

test('what a call has asked for and not waited for is taken back when it ends', async () => {
  const { sent, run, results } = setUp((_, { host }) => {
    const { receive } = host as Host;
    const handle = async () => {
      void receive();
    };
    return { handle };
  });
  run([[5, 0]]);
  await vi.waitFor(() => expect(results()).toEqual([5]));
  expect(sent.flatMap(({ pulls }) => pulls ?? []).map(({ ask }) => ask)).toEqual(['receive', 'withdraw']);
});

test('a handler that throws at once, or returns without a promise, has ended, and the next one is called', async () => {
  const outcomes = [
    () => {
      throw new TypeError('at once');
    },
    () => undefined,
  ];
  const { run, results } = setUp(() => ({ handle: () => outcomes.shift()?.() }));
  run([
    [5, 0],
    [6, 0],
  ]);
  await vi.waitFor(() => expect(results()).toMatchObject([{ id: 5, outcome: { kind: 'trap' } }, 6]));
});
