import { expect, test, vi } from 'vitest';
import { packCalls } from '../../../src/component/call-batch.ts';
import { CallCells } from '../../../src/component/cells.ts';
import type { FromWorker, WorkerSetup } from '../../../src/component/protocol.ts';
import { Cpu } from '../../../src/component/worker/cpu.ts';
import type { GeneratedModule } from '../../../src/component/worker/generated.ts';
import { Invokes } from '../../../src/component/worker/invokes.ts';
import { KeptStacks } from '../../../src/component/worker/kept-stack.ts';
import { Outbox } from '../../../src/component/worker/outbox.ts';
import { Publishes } from '../../../src/component/worker/publishes.ts';
import { Pulls } from '../../../src/component/worker/pulls.ts';
import { Runner } from '../../../src/component/worker/runner.ts';

test('an instance that is replaced has its stacks ended, also where its code did not trap', async () => {
  const end = vi.spyOn(KeptStacks.prototype, 'end');
  const sent: FromWorker[] = [];
  const cells = new CallCells();
  const outbox = new Outbox((message) => sent.push(message), cells);
  const outcomes = [undefined, new TypeError('a result that cannot be read'), undefined];
  const handle = async () => {
    const thrown = outcomes.shift();
    if (thrown !== undefined) throw thrown;
  };
  const instantiate = vi.fn(() => ({ handle }));
  const runner = new Runner(
    {
      setup: { mode: 'jspi', waits: new Map(), cores: new Map(), env: {}, args: [] } as unknown as WorkerSetup,
      generated: { instantiate } satisfies GeneratedModule,
      createImports: () => ({}),
      transactions: undefined,
      outbox,
      publishes: new Publishes(outbox),
      pulls: new Pulls(outbox, cells),
      invokes: new Invokes(outbox),
      cpu: new Cpu(cells),
    },
    cells,
  );
  const handler = { interface: undefined, function: 'handle' };
  const message = { event: { id: 'x', source: '/s', type: 't', data: new Uint8Array() }, delivery: undefined };
  const calls = [1, 2, 3].map((id) => ({
    ...{ id, cell: id, instance: 0, chain: 0, handler, binding: 'b0', attributeBytes: 0, message },
  }));
  runner.take({ calls: packCalls(calls, false) });
  await vi.waitFor(() => expect(sent.flatMap(({ results }) => results ?? []).length).toBe(3));
  expect(sent.flatMap(({ results }) => results ?? [])).toMatchObject([1, { id: 2, outcome: { kind: 'trap' } }, 3]);
  expect([instantiate.mock.calls.length, end.mock.calls.length]).toEqual([2, 1]);
});
