import { describe, expect, it } from 'vitest';
import { fakeContext, payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

const event = { id: '1', source: '/a', type: 'a.b', data: new Uint8Array([1, 2]) };

describe('publish-with', () => {
  it('maps every option', async () => {
    const context = fakeContext();
    const options = {
      retain: true,
      contentType: 'text/plain',
      expiry: 60,
      responseTopic: 'answers',
      correlationData: new Uint8Array([9]),
      userProperties: [
        ['a', '1'],
        ['a', '2'],
      ],
    };
    await linked('host:pubsub/publisher', context).publishWith('t', event, options);
    expect(context.published).toEqual([{ topic: 't', event, options }]);
  });

  it('leaves absent options absent', async () => {
    const context = fakeContext();
    const options = { retain: false, userProperties: [] };
    await linked('host:pubsub/publisher', context).publishWith('t', event, options);
    expect(context.published[0]?.options).toEqual({ retain: false, userProperties: [] });
  });

  it('fails with the same typed errors as publish', async () => {
    const context = fakeContext();
    context.verdict = { ok: false, error: { tag: 'connection', val: 'gone' } };
    const { publishWith } = linked('host:pubsub/publisher', context);
    const options = { retain: false, userProperties: [] };
    expect(await payloadOf(() => publishWith('t', event, options))).toEqual({ tag: 'connection', val: 'gone' });
    expect(await payloadOf(() => publishWith('t', { ...event, type: '' }, options))).toMatchObject({
      tag: 'invalid-argument',
    });
  });
});
