import { describe, expect, it } from 'vitest';
import type { PubsubError } from '../../../src/types.ts';
import { fakeContext, payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

const event = { id: '1', source: '/a', type: 'a.b', data: new Uint8Array([1, 2]) };

describe('publish', () => {
  it('hands topic and event on and resolves with the verdict', async () => {
    const context = fakeContext();
    await expect(linked('wasi:pubsub/data-basic', context).publish('t', event)).resolves.toBeUndefined();
    expect(context.published).toEqual([{ topic: 't', event }]);
  });

  const verdicts: readonly (readonly [PubsubError, unknown])[] = [
    [{ tag: 'timeout' }, { tag: 'timeout' }],
    [
      { tag: 'connection', val: 'gone' },
      { tag: 'connection', val: 'gone' },
    ],
    [
      { tag: 'permission-denied', val: 'no' },
      { tag: 'permission-denied', val: 'no' },
    ],
    [
      { tag: 'invalid-argument', val: 'bad' },
      { tag: 'invalid-argument', val: 'bad' },
    ],
    [
      { tag: 'rejected', val: 'not a word of publish' },
      { tag: 'other', val: 'not a word of publish' },
    ],
    [
      { tag: 'other', val: 'why' },
      { tag: 'other', val: 'why' },
    ],
  ];
  it.each(verdicts)('turns %j into the typed error %j', async (error, wanted) => {
    const context = fakeContext();
    context.verdict = { ok: false, error };
    expect(await payloadOf(() => linked('wasi:pubsub/data-basic', context).publish('t', event))).toEqual(wanted);
  });

  it('refuses an event without a type and publishes nothing', async () => {
    const context = fakeContext();
    const publish = () => linked('wasi:pubsub/data-basic', context).publish('t', { ...event, type: '' });
    expect(await payloadOf(publish)).toEqual({
      tag: 'invalid-argument',
      val: expect.stringContaining('type is empty'),
    });
    expect(context.published).toEqual([]);
  });

  it('never returns a promise where nothing may wait', () => {
    const { publish } = linked('wasi:pubsub/data-basic', { ...fakeContext(), mayWait: false });
    expect(() => publish('t', event)).toThrow(
      expect.objectContaining({ payload: expect.objectContaining({ tag: 'other' }) }),
    );
  });

  it('turns whatever is thrown into the typed error other', async () => {
    const context = fakeContext();
    context.verdict = () => {
      throw new Error('broken');
    };
    const publish = () => linked('wasi:pubsub/data-basic', context).publish('t', event);
    expect(await payloadOf(publish)).toEqual({ tag: 'other', val: 'broken' });
  });
});

describe('receive', () => {
  it('resolves with the event', async () => {
    const context = fakeContext();
    context.pulled = { ok: true, value: event };
    await expect(linked('wasi:pubsub/data-basic', context).receive('t')).resolves.toEqual(event);
  });
});

describe('stream', () => {
  it('resolves with what hands out the events', async () => {
    const context = fakeContext();
    context.pulled = { ok: true, value: event };
    const stream = await linked('wasi:pubsub/data-basic', context).stream('t');
    expect(await Array.fromAsync(stream as AsyncIterable<unknown>)).toEqual([event]);
  });
});

describe.each(['receive', 'stream'])('%s', (name) => {
  it('turns a failure into the typed error, whatever it is', async () => {
    const context = fakeContext();
    const call = () => linked('wasi:pubsub/data-basic', context)[name]('t');
    expect(await payloadOf(call)).toEqual({ tag: 'timeout' });
    context.pulled = { ok: false, error: { tag: 'permission-denied', val: 'no' } };
    expect(await payloadOf(call)).toEqual({ tag: 'permission-denied', val: 'no' });
    context.pulled = () => {
      throw new Error('broken');
    };
    expect(await payloadOf(call)).toEqual({ tag: 'other', val: 'broken' });
  });

  it('never returns a promise where nothing may wait', () => {
    const call = linked('wasi:pubsub/data-basic', { ...fakeContext(), mayWait: false })[name];
    expect(() => call('t')).toThrow(expect.objectContaining({ payload: expect.objectContaining({ tag: 'other' }) }));
  });
});
