import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PublishContext, PublishRequest } from '../../src/guest.ts';
import { createPublishing } from '../../src/publish/index.ts';
import type { PubsubEvent } from '../../src/types.ts';
import { binding, FakePublisher, RecordingTelemetry } from './fakes.ts';

const event: PubsubEvent = { id: '1', source: '/s', type: 't', data: new TextEncoder().encode('hello') };
const context: PublishContext = { binding: 'b0', event: undefined, timeout: 30_000, elapsed: 0 };
const to = (topic: string, more: Partial<PublishRequest> = {}): PublishRequest => ({ topic, event, ...more });
const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);

function setUp(publisher = new FakePublisher(5), limits = {}, bindings = [binding('b0')]) {
  const telemetry = new RecordingTelemetry();
  const publish = createPublishing({ bindings, publisherFor: () => publisher, appName: 'app', telemetry, ...limits });
  return { publisher, telemetry, publish };
}

describe('a publish', () => {
  it('goes out encoded for the route, and returns the verdict', async () => {
    const { publisher, telemetry, publish } = setUp(undefined, {}, [binding('b0', { qos: 2 })]);
    expect(await publish(context, to('out'))).toEqual({ ok: true, value: undefined });
    expect(publisher.sent[0]?.message).toMatchObject({ topic: 'out', qos: 2, retain: false, payload: event.data });
    expect(publisher.sent[0]?.message.properties.userProperties).toContainEqual(['type', 't']);
    expect(telemetry.statuses).toEqual([{ kind: 'published', topic: 'out', qos: 2, broker: 'tcp://localhost:1883' }]);
  });

  it('uses the session and the format of its route', async () => {
    const bindings = [binding('b0'), binding('raw', { publish: ['raw/#'], format: 'raw', qos: 0 })];
    const publishers = new Map(bindings.map((one) => [one.name, new FakePublisher(5)]));
    const telemetry = new RecordingTelemetry();
    const publisherFor = (one: { name: string }) => publishers.get(one.name) as FakePublisher;
    const publish = createPublishing({ bindings, publisherFor, appName: 'app', telemetry });
    await publish(context, to('raw/a'));
    expect(publishers.get('b0')?.sent).toEqual([]);
    expect(publishers.get('raw')?.sent[0]?.message).toMatchObject({ qos: 0, properties: { userProperties: [] } });
  });

  it('forwards the message being handled with its attributes, and honours options', async () => {
    const { publisher, publish } = setUp();
    const handled = { ...event, attributes: { subject: 'kept' } };
    const options = { retain: true, expiry: 5, userProperties: [] };
    await publish({ ...context, event: handled }, to('out', { options }));
    expect(publisher.sent[0]?.message).toMatchObject({ retain: true, properties: { expiry: 5 } });
    expect(publisher.sent[0]?.message.properties.userProperties).toContainEqual(['subject', 'kept']);
  });

  it('gets a UUID for an empty id', async () => {
    const { publisher, publish } = setUp();
    await publish(context, to('out', { event: { ...event, id: '' } }));
    const id = publisher.sent[0]?.message.properties.userProperties.find(([name]) => name === 'id')?.[1];
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
  });

  it.each([
    ['a/+', 'invalid-argument'],
    ['', 'invalid-argument'],
    ['a\u0001', 'invalid-argument'],
    ['$SYS/x', 'permission-denied'],
  ])('to %j is %s and never reaches the broker', async (topic, tag) => {
    const { publisher, telemetry, publish } = setUp();
    expect(await publish(context, to(topic))).toMatchObject({ ok: false, error: { tag } });
    expect(publisher.sent).toEqual([]);
    expect(telemetry.statuses).toMatchObject([{ kind: 'publish-failed', topic, error: expect.stringContaining(tag) }]);
  });

  it('names what is granted', async () => {
    const { publish } = setUp(undefined, {}, [binding('b0', { publish: ['alert/#'] })]);
    expect(await publish(context, to('other'))).toMatchObject({ error: { val: expect.stringContaining('"alert/#"') } });
  });

  it('is refused by the encoding with its reason', async () => {
    const { publisher, publish } = setUp();
    const result = await publish(context, to('out', { event: { ...event, type: '' } }));
    expect(result).toMatchObject({ error: { tag: 'invalid-argument', val: expect.stringContaining('type') } });
    expect(publisher.sent).toEqual([]);
  });

  it.each([{ tag: 'timeout' }, { tag: 'permission-denied', val: 'by the broker' }] as const)(
    'returns and reports $tag of the session',
    async (error) => {
      const { publisher, telemetry, publish } = setUp();
      publisher.answer = async () => ({ ok: false, error });
      expect(await publish(context, to('out'))).toEqual({ ok: false, error });
      expect(telemetry.statuses).toMatchObject([{ kind: 'publish-failed', error: expect.stringContaining(error.tag) }]);
    },
  );

  it('never rejects', async () => {
    const { publisher, publish } = setUp();
    publisher.answer = () => Promise.reject(new Error('broken'));
    expect(await publish(context, to('out'))).toEqual({ ok: false, error: { tag: 'other', val: 'broken' } });
  });
});

describe('the bound on publishes in flight', () => {
  const held = (limits: object) => {
    const set = setUp(undefined, limits);
    const answer = Promise.withResolvers<{ ok: true; value: undefined }>();
    set.publisher.answer = () => answer.promise;
    return { ...set, release: () => answer.resolve({ ok: true, value: undefined }) };
  };

  it('is a number', async () => {
    const { publish, release } = held({ maxInFlight: 2 });
    const waiting = [publish(context, to('a')), publish(context, to('b'))];
    expect(await publish(context, to('c'))).toMatchObject({ ok: false, error: { tag: 'other' } });
    release();
    await Promise.all(waiting);
    expect(await publish(context, to('c'))).toMatchObject({ ok: true });
  });

  it('is a size, which one publish alone may exceed', async () => {
    const { publish, release } = held({ maxBytesInFlight: 4 });
    const waiting = publish(context, to('a'));
    expect(await publish(context, to('b'))).toMatchObject({ ok: false, error: { tag: 'other' } });
    release();
    expect(await waiting).toMatchObject({ ok: true });
  });
});

describe('the deadline', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('waits, then uses the protocol that was agreed on and the time that is left', async () => {
    const { publisher, publish } = setUp(new FakePublisher());
    const result = publish(context, to('out'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(publisher.sent).toEqual([]);
    publisher.connect(4);
    expect(await result).toMatchObject({ ok: true });
    expect(JSON.parse(text(publisher.sent[0]?.message.payload))).toMatchObject({ specversion: '1.0', id: '1' });
    expect(publisher.sent[0]?.timeout).toBeCloseTo(14_000, -1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [30_000, 24_000],
    [Number.POSITIVE_INFINITY, 30_000],
  ])('with a deadline of %d ms gives up after %d ms', async (timeout, after) => {
    const { publisher, publish } = setUp(new FakePublisher());
    let result: unknown;
    const done = publish({ ...context, timeout }, to('out')).then((value) => {
      result = value;
    });
    await vi.advanceTimersByTimeAsync(after - 10);
    expect(result).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20);
    await done;
    expect(result).toMatchObject({
      error: { tag: 'connection', val: expect.stringContaining('tcp://localhost:1883') },
    });
    expect(publisher.sent).toEqual([]);
  });

  it('waits for nothing where the session is up', async () => {
    const { publisher, publish } = setUp();
    await publish(context, to('out'));
    expect(publisher.waits).toBe(0);
    expect(publisher.sent[0]?.timeout).toBe(24_000);
  });

  it('counts from the start of the call, not from the publish', async () => {
    const { publish, publisher } = setUp();
    await publish({ ...context, elapsed: 20_000 }, to('out'));
    expect(publisher.sent[0]?.timeout).toBeCloseTo(4_000, -2);
  });

  it('waits once for each session, however many publishes wait', async () => {
    const { publisher, publish } = setUp(new FakePublisher());
    for (let i = 0; i < 3; i++) {
      const refused = Promise.all([publish(context, to('a')), publish(context, to('b'))]);
      await vi.advanceTimersByTimeAsync(25_000);
      await refused;
    }
    expect(publisher.waits).toBe(1);
    const waiting = Promise.all([publish(context, to('a')), publish(context, to('b'))]);
    publisher.connect(5);
    expect(await waiting).toMatchObject([{ ok: true }, { ok: true }]);
  });
});
