import { expect, test, vi } from 'vitest';
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

test('an instance that is replaced has its stacks ended, also where its code did not trap', async () => {
  const end = vi.spyOn(KeptStacks.prototype, 'end');
  const { cells, exchange, outbox, sent } = testOutbox();
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
    new Calls(new Exchange(exchange.buffer)),
  );
  const handler = { interface: undefined, function: 'handle' };
  const event = { id: 'x', source: '/s', type: 't', data: new Uint8Array() };
  const writer = new CallWriter(exchange);
  const call = { binding: 'b0', event, delivery: undefined };
  for (const id of [1, 2, 3]) writer.write({ id, cell: id, instance: 0, handler, call }, 0, false);
  runner.take(writer.take(false)?.first ?? {});
  await vi.waitFor(() => expect(sent.flatMap(({ results }) => results ?? []).length).toBe(3));
  expect(sent.flatMap(({ results }) => results ?? [])).toMatchObject([1, { id: 2, outcome: { kind: 'trap' } }, 3]);
  expect([instantiate.mock.calls.length, end.mock.calls.length]).toEqual([2, 1]);
});
