import { expect, it } from 'vitest';
import { fakeContext } from '../context.ts';
import { linked } from '../linked.ts';

it('tells of no delivery outside a call', () => {
  expect(linked('host:pubsub/delivery').current()).toBeUndefined();
});

it('tells how the message being handled arrived', () => {
  const context = fakeContext();
  const { current } = linked('host:pubsub/delivery', context);
  context.delivery = {
    topic: 'a/b',
    qos: 1,
    retained: true,
    redelivered: false,
    attempt: 3,
    contentType: 'text/plain',
    correlationData: new Uint8Array([1]),
    userProperties: [['k', 'v']],
  };
  expect(current()).toEqual({ ...context.delivery, responseTopic: undefined });
});
