import { describe, expect, test } from 'vitest';
import { AckOrder } from '../../../../src/broker/mqtt/subscriber/ack-order.ts';
import type { IncomingMessage } from '../../../../src/types.ts';
import { incoming } from '../messages.ts';

function arrived(count: number) {
  const order = new AckOrder();
  const messages = Array.from({ length: count }, (_, i) => incoming(i + 1));
  for (const message of messages) order.arrived(message);
  const settle = (id: number) => settled(order, messages[id - 1] ?? incoming(0)).map(({ packetId }) => packetId);
  return { order, messages, settle };
}

function settled(order: AckOrder, message: IncomingMessage): IncomingMessage[] {
  order.settle(message);
  const due: IncomingMessage[] = [];
  for (let next = order.due(); next !== undefined; next = order.due()) due.push(next);
  return due;
}

describe('AckOrder', () => {
  test('in order, each goes out at once', () => {
    const { settle } = arrived(3);
    expect([settle(1), settle(2), settle(3)]).toEqual([[1], [2], [3]]);
  });

  test('out of order, a ready one waits for the earlier ones', () => {
    const { order, settle } = arrived(5);
    expect([settle(3), settle(2), settle(5)]).toEqual([[], [], []]);
    expect(settle(1)).toEqual([1, 2, 3]);
    expect(order.owed).toBe(2);
    expect(settle(4)).toEqual([4, 5]);
    expect(order.owed).toBe(0);
  });

  test('one id twice on a connection is two acknowledgements', () => {
    const order = new AckOrder();
    const [first, second] = [incoming(7), incoming(7)];
    order.arrived(first);
    order.arrived(second);
    expect(settled(order, second)).toEqual([]);
    expect(settled(order, first)).toEqual([first, second]);
  });

  test('what is done with behind one that is not is abandoned with the connection, the rest not', () => {
    const { order, messages, settle } = arrived(5);
    for (const id of [1, 3, 5]) settle(id);
    expect([...order.abandoned()]).toEqual([messages[2], messages[4]]);
  });

  test('keeps its order over many thousands', () => {
    const { order, settle } = arrived(5000);
    const out: number[] = [];
    for (let id = 5000; id > 0; id -= 1) if (id % 10 !== 0) out.push(...settle(id));
    for (let id = 10; id <= 5000; id += 10) out.push(...settle(id));
    expect(out).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));
    expect(order.owed).toBe(0);
  });
});
