import { CloudEvent, MQTT, type MQTTMessage, MQTTMessageFactory } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent } from '../../src/events/index.ts';
import type { MqttVersion, OutgoingMessage, PubsubEvent, WireMessage } from '../../src/types.ts';
import { bytes, randomEvent, randomFrom, text, wire } from './samples.ts';

/** What an MQTT client makes of the SDK's message: the SDK leaves serialisation to its user. */
function toWire(message: MQTTMessage<unknown>): WireMessage {
  const { body } = message;
  const payload = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body ?? '');
  const userProperties = Object.entries(message['User Properties'] ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, String(value)]);
  return wire(payload, { contentType: message.PUBLISH?.['Content Type'], userProperties });
}

function fromWire(message: OutgoingMessage, contentType: string | undefined, body: unknown): MQTTMessage<unknown> {
  return MQTTMessageFactory(contentType as string, Object.fromEntries(message.properties.userProperties), body);
}

const fromSdk = new CloudEvent({
  id: 'A-1',
  source: '/mycontext',
  type: 'com.example.made',
  time: '2026-03-01T12:00:00.000Z',
  subject: 'x',
  datacontenttype: 'application/json',
  dataschema: 'https://example.com/schema',
  traceparent: '00-1',
  data: { greeting: 'hé', n: [1, null] },
});
const attributes = {
  time: '2026-03-01T12:00:00.000Z',
  subject: 'x',
  datacontenttype: 'application/json',
  dataschema: 'https://example.com/schema',
  traceparent: '00-1',
};

describe('what the official SDK writes', () => {
  it.each([
    ['binary', MQTT.binary(fromSdk) as MQTTMessage<unknown>, 5],
    ['structured', MQTT.structured(fromSdk) as MQTTMessage<unknown>, 5],
    ['structured', MQTT.structured(fromSdk) as MQTTMessage<unknown>, 4],
  ] as [string, MQTTMessage<unknown>, MqttVersion][])('is read in %s mode', (_, message, protocol) => {
    const sent = toWire(message);
    const received = protocol === 5 ? sent : wire(sent.payload);
    expect(decodeEvent(received, protocol, () => 'x')).toEqual({
      raw: false,
      event: {
        id: 'A-1',
        source: '/mycontext',
        type: 'com.example.made',
        attributes,
        data: bytes('{"greeting":"hé","n":[1,null]}'),
      },
    });
  });

  it('is read when its data is binary', () => {
    const data = Uint8Array.of(0, 255, 128);
    const made = new CloudEvent({ id: '1', source: '/s', type: 't', data });
    for (const message of [MQTT.binary(made), MQTT.structured(made)] as MQTTMessage<unknown>[])
      expect(new Uint8Array(decodeEvent(toWire(message), 5, () => 'x').event.data)).toEqual(data);
  });

  it('is read when its data is text', () => {
    const made = new CloudEvent({ id: '1', source: '/s', type: 't', datacontenttype: 'text/plain', data: 'plain' });
    for (const message of [MQTT.binary(made), MQTT.structured(made)] as MQTTMessage<unknown>[])
      expect(text(decodeEvent(toWire(message), 5, () => 'x').event.data)).toBe('plain');
  });
});

describe('what the host writes', () => {
  function encode(event: PubsubEvent, protocol: MqttVersion, format: 'cloudevents' | 'structured' = 'cloudevents') {
    const request = {
      event,
      forwarded: event,
      topic: 'o',
      qos: 1,
      format,
      protocol,
      appName: 'a',
      freshId: () => 'f',
    } as const;
    const result = encodeEvent(request);
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value;
  }

  function check(read: unknown, sent: PubsubEvent, data: unknown): void {
    const { datacontenttype: _, ...others } = sent.attributes ?? {};
    expect(read).toMatchObject({ id: sent.id, source: sent.source, type: sent.type, specversion: '1.0', ...others });
    expect((read as CloudEvent<unknown>).data ?? new Uint8Array(0)).toEqual(data);
  }

  it('is read by the official SDK in binary mode', () => {
    const random = randomFrom(11);
    for (let i = 0; i < 200; i++) {
      const sent = randomEvent(random);
      if (sent.attributes?.datacontenttype === 'application/cloudevents+json') continue;
      const message = encode(sent, 5);
      const forSdk = fromWire(message, message.properties.contentType, message.payload);
      expect(MQTT.isEvent(forSdk)).toBe(true);
      check(MQTT.toEvent(forSdk), sent, sent.data);
    }
  });

  it.each([
    [5, 'structured'],
    [4, 'cloudevents'],
  ] as const)('is read by the official SDK in structured mode on %s', (protocol, format) => {
    const random = randomFrom(13);
    for (let i = 0; i < 200; i++) {
      const sent = randomEvent(random);
      const message = encode(sent, protocol, format);
      // 3.1.1 has no content type: its receivers are told by agreement.
      const forSdk = fromWire(
        message,
        message.properties.contentType ?? 'application/cloudevents+json',
        text(message.payload),
      );
      const written = JSON.parse(text(message.payload)) as { data?: unknown };
      const read = MQTT.toEvent(forSdk) as CloudEvent<unknown>;
      if ('data' in written) check(read, sent, JSON.parse(text(sent.data)) ?? new Uint8Array(0));
      else check({ ...read, data: read.data && new Uint8Array(read.data as Buffer) }, sent, sent.data);
    }
  });

  it('passes the validation of the official SDK', () => {
    const event: PubsubEvent = { id: '', source: '', type: 't', data: bytes('{}'), attributes: undefined };
    const message = encode(event, 5);
    const headers = Object.fromEntries(message.properties.userProperties);
    expect(() => new CloudEvent({ ...headers, data: message.payload } as never, true)).not.toThrow();
  });
});
