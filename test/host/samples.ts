import type { ListedDeadLetter } from '../../src/journal.ts';

export const bytes = (text: string) => new TextEncoder().encode(text);

/** A dead message with everything that a message can have. */
export function message(changes: Partial<ListedDeadLetter> = {}): ListedDeadLetter {
  return {
    id: 7,
    kind: 'message',
    publisher: '',
    parked: false,
    binding: 'orders',
    topic: 'orders/17',
    qos: 2,
    event: {
      id: 'e-17',
      source: '/shop',
      type: 'order.placed',
      data: bytes('{"total": 12}\n'),
      attributes: { subject: 'n° 17', datacontenttype: 'application/json', retries: 3 },
    },
    properties: {
      contentType: 'application/json',
      responseTopic: 'answers/17',
      correlationData: new Uint8Array([0, 255]),
      expiry: 60,
      userProperties: [
        ['tenant', 'a'],
        ['tenant', 'b'],
      ],
    },
    error: 'rejected: no such article',
    attempts: 8,
    firstAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    deadAt: Date.UTC(2026, 0, 2, 3, 5, 0, 0),
    ...changes,
  };
}

export function parkedPublish(changes: Partial<ListedDeadLetter> = {}): ListedDeadLetter {
  return message({ id: 8, kind: 'publish', publisher: 'shop-orders-abcd1234-pub', parked: true, ...changes });
}
