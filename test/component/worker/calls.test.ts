import { expect, test } from 'vitest';
import { Exchange } from '../../../src/component/exchange/exchange.ts';
import { CallWriter } from '../../../src/component/pool/call-writer.ts';
import { Calls } from '../../../src/component/worker/calls.ts';

const handlers = ['a', 'b'].map((name) => ({ interface: undefined, function: name }));
const delivery = { topic: 't', qos: 1, retained: false, redelivered: false, attempt: 1, userProperties: [] } as const;

function bothSides({ delivers = false } = {}) {
  const exchange = new Exchange();
  const [writer, calls] = [new CallWriter(exchange), new Calls(new Exchange(exchange.buffer))];
  const write = (id: number, { handler = handlers[0], binding = 'b0', size = 1 } = {}) => {
    const event = { id: `e${id}`, source: '/s', type: 't', data: new Uint8Array(size) };
    if (handler === undefined) throw new Error('no handler');
    writer.write({ id, cell: id, instance: 0, handler, call: { binding, event, delivery } }, 0, delivers);
  };
  /** Ids of what can be run, in order. */
  const run = () => {
    const ids: number[] = [];
    for (let call = calls.next(); call !== undefined; call = calls.next()) ids.push(call.id);
    return ids;
  };
  /** What is sent by message arrives. */
  const arrive = () => {
    const { first = {}, others = [] } = writer.take(delivers) ?? {};
    for (const message of [first, ...others.map((batch) => ({ calls: batch }))]) calls.add(structuredClone(message));
  };
  return { calls, write, run, arrive, writer };
}

test('calls come in order, though what is new or large comes by message', () => {
  const { calls, write, run, arrive, writer } = bothSides();
  write(1);
  expect([run(), calls.rest()]).toEqual([[], true]);
  arrive();
  expect(run()).toEqual([1]);
  write(2);
  write(3, { size: 100_000 });
  write(4);
  expect([calls.rest(), run(), calls.rest()]).toEqual([false, [2], true]);
  arrive();
  expect([calls.rest(), run(), calls.rest()]).toEqual([false, [3, 4], true]);
  // All of one kind are told in shared memory alone.
  write(5);
  expect([writer.take(false), run()]).toEqual([undefined, [5]]);
});

test('a call has its handler and binding, however many there are', () => {
  const { calls, write, arrive } = bothSides();
  const kinds = [
    { handler: handlers[1], binding: 'b0' },
    { handler: handlers[0], binding: 'b1' },
    { handler: handlers[1], binding: 'b2' },
  ];
  for (const round of [1, 2]) {
    for (const [index, kind] of kinds.entries()) write(round * 10 + index, kind);
    arrive();
    for (const kind of kinds) expect(calls.next()).toMatchObject(kind);
  }
});

test('a guest that may ask for more than the event is sent all of it', () => {
  const { calls, write, arrive } = bothSides({ delivers: true });
  for (const id of [1, 2]) {
    write(id);
    arrive();
    expect(calls.next()).toMatchObject({ id, message: { event: { id: `e${id}` }, delivery } });
  }
});

test('what is too much for one message goes in several', () => {
  const { write, run, arrive } = bothSides();
  for (const id of [1, 2, 3]) write(id, { size: 2 ** 24 + 1 });
  arrive();
  expect(run()).toEqual([1, 2, 3]);
});
