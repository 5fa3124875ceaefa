import { describe, expect, it } from 'vitest';
import type { PublishContext, PublishRequest, Transaction } from '../../src/guest.ts';
import { createPublishing } from '../../src/publish/index.ts';
import type { PubsubError, PubsubEvent } from '../../src/types.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';
import { binding, FakePublisher, RecordingTelemetry } from './fakes.ts';

const event: PubsubEvent = { id: '1', source: '/s', type: 't', data: new TextEncoder().encode('hello') };
const context: PublishContext = { binding: 'b0', event: undefined, timeout: 30_000, elapsed: 0 };
const to = (topic: string, more: Partial<PublishRequest> = {}): PublishRequest => ({ topic, event, ...more });
const BROKER = 'tcp://localhost:1883';

function setUp(limits = {}, bindings = [binding('b0')]) {
  const telemetry = new RecordingTelemetry();
  const [publisher, outbox] = [new FakePublisher(), new MemoryOutbox()];
  const away: boolean[] = [];
  const publish = createPublishing({
    bindings,
    publisherFor: () => ({ publisher, outbox, broker: BROKER }),
    appName: 'app',
    telemetry,
    brokerAway: (_where, _publisher, sent) => away.push(sent),
    ...limits,
  });
  return { publisher, outbox, telemetry, publish, away };
}

describe('a publish', () => {
  it('goes to the session of its route with everything filled in, and returns the verdict', async () => {
    const { publisher, telemetry, publish } = setUp({}, [binding('b0', { qos: 2 })]);
    expect(await publish(context, to('out'))).toEqual({ ok: true, value: undefined });
    const sent = { topic: 'out', qos: 2, retain: false, format: 'cloudevents', event };
    expect(publisher.sent).toMatchObject([{ event: sent, timeout: 24_000 }]);
    expect(telemetry.statuses).toEqual([{ kind: 'published', topic: 'out', qos: 2, broker: BROKER }]);
  });

  it('uses the session, the qos and the format of its route', async () => {
    const bindings = [binding('b0'), binding('raw', { publish: ['raw/#'], format: 'raw', qos: 0 })];
    const publishers = new Map(bindings.map(({ name }) => [name, new FakePublisher()]));
    const telemetry = new RecordingTelemetry();
    const publisherFor = ({ name }: { readonly name: string }) => {
      const publisher = publishers.get(name);
      if (publisher === undefined) throw new Error('unknown');
      return { publisher, outbox: new MemoryOutbox(), broker: BROKER };
    };
    const publish = createPublishing({ bindings, publisherFor, appName: 'app', telemetry });
    await publish(context, to('raw/a'));
    expect(publishers.get('b0')?.sent).toEqual([]);
    expect(publishers.get('raw')?.sent).toMatchObject([{ event: { qos: 0, format: 'raw' } }]);
  });

  it('forwards the message being handled with its attributes, and honours options', async () => {
    const { publisher, publish } = setUp();
    const handled = { ...event, attributes: { subject: 'kept' } };
    const options = { retain: true, expiry: 5, userProperties: [] };
    await publish({ ...context, event: handled }, to('out', { options }));
    expect(publisher.sent[0]?.event).toMatchObject({
      retain: true,
      properties: { expiry: 5 },
      event: { attributes: { subject: 'kept' } },
    });
  });

  it('gets a UUID for an empty id, and the app for an empty source', async () => {
    const { publisher, publish } = setUp();
    await publish(context, to('out', { event: { ...event, id: '', source: '' } }));
    const sent = publisher.sent[0]?.event.event;
    expect(sent?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    expect(sent?.source).toBe('/app');
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

  it('is reported with as much of its topic as a person reads', async () => {
    const { telemetry, publish } = setUp();
    await publish(context, to(`${'x'.repeat(70_000)}/+`));
    expect(JSON.stringify(telemetry.statuses).length).toBeLessThan(1_000);
  });

  it('names what is granted', async () => {
    const { publish } = setUp({}, [binding('b0', { publish: ['alert/#'] })]);
    expect(await publish(context, to('other'))).toMatchObject({ error: { val: expect.stringContaining('"alert/#"') } });
  });

  it('that the session could not send is refused with its reason', async () => {
    const { publisher, publish } = setUp();
    publisher.unfit = { tag: 'invalid-argument', val: 'too large' };
    expect(await publish(context, to('out'))).toEqual({ ok: false, error: publisher.unfit });
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

  it.each<[string, PubsubError, boolean, readonly boolean[]]>([
    ['connection', { tag: 'connection', val: 'gone' }, false, [false]],
    ['a timeout while the session is down', { tag: 'timeout' }, false, [true]],
    ['a timeout while it is up', { tag: 'timeout' }, true, []],
    ['a refusal', { tag: 'permission-denied', val: 'no' }, false, []],
  ])(
    'tells of %s as of a broker that is away, and whether it was sent, or does not',
    async (_name, error, online, told) => {
      const { publisher, publish, away } = setUp();
      publisher.online = online;
      publisher.answer = async () => ({ ok: false, error });
      await publish(context, to('out'));
      expect(away).toEqual(told);
    },
  );

  it('never rejects', async () => {
    const { publisher, publish } = setUp();
    publisher.answer = () => Promise.reject(new Error('broken'));
    expect(await publish(context, to('out'))).toEqual({ ok: false, error: { tag: 'other', val: 'broken' } });
  });
});

describe('a publish in a transaction', () => {
  const open = (): Transaction => ({ publishes: [], bytes: 0 });

  it('is ok when buffered, at once: a call that ends in the same message has it', () => {
    const { publisher, outbox, publish, telemetry } = setUp();
    const transaction = open();
    void publish({ ...context, transaction }, to('out'));
    expect(transaction.publishes).toMatchObject([{ outbox, broker: BROKER, event: { topic: 'out', event } }]);
    expect([publisher.sent, telemetry.statuses]).toEqual([[], []]);
  });

  it('returns ok without the broker, and keeps the order', async () => {
    const { publisher, publish } = setUp();
    publisher.online = false;
    const transaction = open();
    for (const topic of ['a', 'b', 'c'])
      expect(await publish({ ...context, transaction }, to(topic))).toEqual({ ok: true, value: undefined });
    expect(transaction.publishes.map((one) => one.event.topic)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a/+', 'invalid-argument'],
    ['$SYS/x', 'permission-denied'],
  ])('checks the topic %j and its grant', async (topic, tag) => {
    const { publish, telemetry } = setUp();
    const transaction = open();
    expect(await publish({ ...context, transaction }, to(topic))).toMatchObject({ ok: false, error: { tag } });
    expect([transaction.publishes, telemetry.statuses.length]).toEqual([[], 1]);
  });

  it('checks that the session can send it', async () => {
    const { publish, publisher } = setUp();
    publisher.unfit = { tag: 'invalid-argument', val: 'too large' };
    const transaction = open();
    expect(await publish({ ...context, transaction }, to('out'))).toEqual({ ok: false, error: publisher.unfit });
    expect(transaction.publishes).toEqual([]);
  });

  it('takes no place among those that wait for a broker', async () => {
    const { publish } = setUp({ maxInFlight: 0 });
    expect(await publish({ ...context, transaction: open() }, to('out'))).toMatchObject({ ok: true });
    expect(await publish(context, to('out'))).toMatchObject({ ok: false });
  });
});

describe('the bound on publishes in flight', () => {
  const held = (limits: object) => {
    const set = setUp(limits);
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
  it.each([
    ['four fifths of the call', { timeout: 30_000 }, 24_000],
    ['30 s where the call has none', { timeout: Number.POSITIVE_INFINITY }, 30_000],
    ['counted from the start of the call', { elapsed: 20_000 }, 4_000],
    ['over once they have passed', { elapsed: 25_000 }, 0],
    ['no longer than a timer can be', { timeout: 1e12 }, 2 ** 31 - 1],
  ])('is %s', async (_name, more, timeout) => {
    const { publish, publisher } = setUp();
    await publish({ ...context, ...more }, to('out'));
    expect(publisher.sent[0]?.timeout).toBe(timeout);
  });
});
