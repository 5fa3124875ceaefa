import { expect, test } from 'vitest';
import { encodeFor } from '../../src/broker/mqtt/publisher/fitness.ts';
import type { BindingConfig } from '../../src/config/model.ts';
import type { PublishRequest } from '../../src/guest.ts';
import type { OutgoingEvent } from '../../src/journal.ts';
import { attributeBytes, createBuffering, SafeSizes } from '../../src/publish/index.ts';
import { createSurely } from '../../src/publish/surely.ts';
import type { AttributeValue, MqttVersion } from '../../src/types.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';
import { binding, FakePublisher, RecordingTelemetry } from './fakes.ts';

interface Taker {
  readonly protocol: MqttVersion;
  readonly maximumPacketSize?: number;
  readonly maximumQoS?: number;
}

/** What a worker is sure of, and what then becomes of it. */
function setUp(bindings: readonly BindingConfig[], { protocol, ...granted }: Taker = { protocol: 5 }) {
  const publisher = new FakePublisher();
  publisher.check = (event?: OutgoingEvent) => {
    const encoded = event && encodeFor(event, protocol, granted, 'b');
    return encoded === undefined || encoded.ok ? undefined : encoded.error;
  };
  const sizes = new SafeSizes(bindings);
  for (const one of bindings) sizes.measure(one, publisher);
  const rules = { bindings: bindings.map(({ name, publish }) => ({ name, publish })), sizes: sizes.buffer };
  const surely = createSurely(structuredClone(rules));
  const buffer = createBuffering({
    bindings,
    publisherFor: () => ({ publisher, outbox: new MemoryOutbox(), broker: 'b' }),
    appName: 'app',
    telemetry: new RecordingTelemetry(),
  });
  return (request: PublishRequest, attributes?: Record<string, AttributeValue>, name = 'b0') => {
    const { id, source } = request.event;
    const event = { id, source, type: 'handled', data: new Uint8Array(), attributes };
    const context = { binding: name, event, timeout: 1_000, elapsed: 0, transaction: { publishes: [], bytes: 0 } };
    const sure = surely({ binding: name, attributeBytes: attributeBytes(attributes) }, request);
    return { sure, verdict: buffer(context, request) };
  };
}

const request = (topic: string, event: Partial<PublishRequest['event']> = {}): PublishRequest => ({
  topic,
  event: { id: '1', source: '/s', type: 't', data: Buffer.from('data'), ...event },
});

const PLAIN = [
  request('out'),
  request('a/b/c d', { id: '', source: '' }),
  request('granted/x'),
  request('out', { data: new Uint8Array(65_536) }),
];

/** Refused, or taken for all that a worker can tell. */
const OTHERS: readonly (readonly [string, PublishRequest, (Record<string, AttributeValue> | undefined)?])[] = [
  ['a topic with a wildcard', request('a/+')],
  ['a topic with a wildcard', request('a#')],
  ['no topic', request('')],
  ['a topic with a null character', request('a\u0000')],
  ['a topic that is not granted', request('$SYS/x')],
  ['an empty type', request('out', { type: '' })],
  ['a type with a control character', request('out', { type: 'a\n' })],
  ['an id beyond ASCII', request('out', { id: 'ä' })],
  ['a long source', request('out', { source: 'x'.repeat(70_000) })],
  ['a lone surrogate', request('out', { id: '\ud800' })],
  ['large data', request('out', { data: new Uint8Array(65_537) })],
  ['large attributes', request('out'), { subject: 'x'.repeat(70_000) }],
  ['options', { ...request('out'), options: { retain: false, userProperties: [['id', 'x']] } }],
];

const formats = ['cloudevents', 'structured', 'raw'] as const;

test.each(formats)('a plain publish is sure to be taken (%s)', (format) => {
  for (const protocol of [5, 4] as const) {
    const ask = setUp([binding('b0', { format }), binding('b1', { format, publish: ['granted/#'] })], { protocol });
    for (const one of PLAIN) expect(ask(one)).toMatchObject({ sure: true, verdict: { ok: true } });
    expect(ask(request('out'), { subject: 'x', datacontenttype: 'application/cloudevents' }).sure).toBe(true);
  }
});

test('of the rest a worker is not sure', () => {
  for (const [what, one, attributes] of OTHERS)
    for (const format of formats)
      expect(setUp([binding('b0', { format })])(one, attributes).sure, `${what}, ${format}`).toBe(false);
});

test('what a worker is sure of is never refused, whatever the broker takes', () => {
  const all: (readonly [PublishRequest, (Record<string, AttributeValue> | undefined)?])[] = PLAIN.map((one) => [one]);
  for (const [, one, attributes] of OTHERS) all.push([one, attributes]);
  for (const format of formats)
    for (const taker of [
      { protocol: 5, maximumPacketSize: 100 },
      { protocol: 4 },
      { protocol: 5, maximumPacketSize: 70_000 },
      { protocol: 5, maximumPacketSize: 100_000 },
      { protocol: 5, maximumQoS: 0 },
    ] as const) {
      const ask = setUp([binding('b0', { format, qos: 2 }), binding('b1', { format, publish: [] })], taker);
      for (const [one, attributes] of all) {
        const { sure, verdict } = ask(one, attributes);
        if (sure) expect(verdict).toEqual({ ok: true, value: undefined });
      }
    }
});

test('a grant counts as it does without a worker, and a driver of the library is always asked', () => {
  const bindings = [binding('b0', { publish: ['mine/+'] }), binding('other', { driver: 'nats' })];
  const ask = setUp(bindings);
  expect(ask(request('mine/x'))).toMatchObject({ sure: true, verdict: { ok: true } });
  expect(ask(request('yours'))).toMatchObject({ sure: false, verdict: { ok: true } });
  expect(setUp([binding('b0', { publish: ['mine/+'] })])(request('yours'))).toMatchObject({
    sure: false,
    verdict: { ok: false, error: { tag: 'permission-denied' } },
  });
});
