import { expect, test } from 'vitest';
import { packCalls, portions, unpackCalls } from '../../../src/component/exchange/call-batch.ts';
import type { CallMessage } from '../../../src/component/exchange/protocol.ts';
import { COMMAND_CALL } from '../support/calls.ts';

const socket = Buffer.from('what came from the network');
const handler = { interface: 'wasi:pubsub/data-on-message@0.1.0', function: 'on-message' };
const delivery = {
  topic: 't',
  qos: 1 as const,
  retained: false,
  redelivered: false,
  attempt: 1,
  correlationData: socket.subarray(0, 4),
  userProperties: [],
};

const CALLS: readonly CallMessage[] = [
  {
    id: 2 ** 40,
    cell: 127,
    instance: 3,
    chain: 5,
    binding: 'b1',
    attributeBytes: 77,
    handler,
    message: { event: { id: 'ä', source: '/€', type: '\ud800😀', data: socket.subarray(5, 9) }, delivery },
  },
  { ...COMMAND_CALL, id: 2 },
  {
    id: 3,
    cell: 1,
    instance: 1,
    chain: 2 ** 33,
    binding: 'b2',
    attributeBytes: 0,
    handler,
    message: { event: { id: '', source: 's', type: 't', data: new Uint8Array() }, delivery },
  },
];

/** As the worker gets them. */
function handedOver(delivers: boolean): CallMessage[] {
  const batch = packCalls(CALLS, delivers);
  const taken: CallMessage[] = [];
  unpackCalls(structuredClone(batch, { transfer: [batch.bytes] }), (call) => taken.push(call));
  return taken;
}

test.each([true, false])('calls arrive as they were, with what the guest may ask for where it may (%s)', (delivers) => {
  const taken = handedOver(delivers);
  expect(
    taken.map(({ id, cell, instance, chain, binding, attributeBytes }) => [
      id,
      cell,
      instance,
      chain,
      binding,
      attributeBytes,
    ]),
  ).toEqual([
    [2 ** 40, 127, 3, 5, 'b1', 77],
    [2, 0, 0, 0, undefined, 0],
    [3, 1, 1, 2 ** 33, 'b2', 0],
  ]);
  for (const [index, { handler: called, message }] of taken.entries()) {
    const sent = CALLS[index];
    expect(called).toEqual(sent?.handler);
    expect(message?.delivery).toEqual(
      delivers && sent?.message !== undefined
        ? { ...delivery, correlationData: new Uint8Array(Buffer.from('what')) }
        : undefined,
    );
    if (sent?.message === undefined) expect(message).toBeUndefined();
    else expect(message?.event).toEqual({ ...sent.message.event, data: new Uint8Array(sent.message.event.data) });
  }
});

test('nothing of the network buffer but what belongs to the calls goes along', () => {
  expect(packCalls(CALLS, true).bytes.byteLength).toBe(3 * 11 * 8 + 4);
});

test('no batch has more text than a string can hold', () => {
  const [call] = CALLS;
  if (call?.message === undefined) throw new Error('it has a message');
  const { message } = call;
  // As long as a structured event's can be. It takes no memory as long as nobody looks at its characters.
  const id = 'x'.repeat(2 ** 28);
  const large = [1, 2, 3].map((number) => ({
    ...call,
    id: number,
    message: { ...message, event: { ...message.event, id } },
  }));
  const batches = [...portions([...CALLS, ...large, ...CALLS])].map((calls) => packCalls(calls, true));
  expect(batches.map(({ count }) => count)).toEqual([3, 1, 1, 1, 3]);
  expect([...portions(CALLS)]).toEqual([CALLS]);
  expect([...portions([])]).toEqual([]);
});
