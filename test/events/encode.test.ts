import { describe, expect, it } from 'vitest';
import { decodeEvent, type EncodeRequest, encodeEvent } from '../../src/events/index.ts';
import type { PublishOptions } from '../../src/guest.ts';
import type { OutgoingMessage, PubsubError, PubsubEvent } from '../../src/types.ts';
import { bytes, randomEvent, randomFrom, required, text } from './samples.ts';

const event: PubsubEvent = { id: '1', source: '/s', type: 't', data: bytes('hello') };
const noOptions: PublishOptions = { retain: false, userProperties: [] };

function attempt(request: Partial<EncodeRequest>) {
  return encodeEvent({
    event,
    topic: 'out',
    qos: 1,
    format: 'cloudevents',
    protocol: 5,
    appName: 'my app',
    freshId: () => 'fresh',
    ...request,
  });
}

function encode(request: Partial<EncodeRequest>): OutgoingMessage {
  const result = attempt(request);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function refusal(request: Partial<EncodeRequest>): PubsubError | undefined {
  const result = attempt(request);
  return result.ok ? undefined : result.error;
}

const json = (message: OutgoingMessage): unknown => JSON.parse(text(message.payload));

describe('modes', () => {
  it('is binary on MQTT 5', () => {
    expect(encode({})).toEqual({
      topic: 'out',
      qos: 1,
      retain: false,
      payload: event.data,
      properties: { userProperties: required },
    });
    expect(encode({}).payload).toBe(event.data);
  });

  it('is structured on 3.1.1, without properties', () => {
    const message = encode({ protocol: 4 });
    expect(json(message)).toEqual({ specversion: '1.0', id: '1', source: '/s', type: 't', data_base64: 'aGVsbG8=' });
    expect(message.properties).toEqual({ userProperties: [] });
  });

  it('is structured where asked for, with its content type', () => {
    const message = encode({ format: 'structured' });
    expect(message.properties.contentType).toBe('application/cloudevents+json');
    expect(json(message)).toMatchObject({ id: '1' });
  });

  it('is the data alone when raw', () => {
    expect(encode({ format: 'raw', forwarded: { ...event, attributes: { datacontenttype: 'text/plain' } } })).toEqual({
      topic: 'out',
      qos: 1,
      retain: false,
      payload: event.data,
      properties: { userProperties: [] },
    });
  });

  it('writes no data member for no data', () => {
    expect(json(encode({ protocol: 4, event: { ...event, data: bytes('') } }))).toEqual({
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 't',
    });
  });
});

describe('what the guest leaves out', () => {
  it('gets an id and a source', () => {
    const { properties } = encode({ event: { ...event, id: '', source: '' } });
    expect(properties.userProperties).toContainEqual(['id', 'fresh']);
    expect(properties.userProperties).toContainEqual(['source', '/my%20app']);
  });

  it('must not be the type', () => {
    for (const format of ['cloudevents', 'structured', 'raw'] as const)
      expect(refusal({ format, event: { ...event, type: '' } })).toMatchObject({ tag: 'invalid-argument' });
  });
});

describe('a forwarded event', () => {
  const attributes = { time: 'when', subject: 's', datacontenttype: 'application/json', count: 3, flag: true };
  const forwarded: PubsubEvent = { ...event, type: 'other', data: bytes('old'), attributes };

  it('keeps its attributes in binary mode', () => {
    const { properties } = encode({ forwarded });
    expect(properties.contentType).toBe('application/json');
    expect(properties.userProperties).toEqual([
      ...required,
      ['time', 'when'],
      ['subject', 's'],
      ['count', '3'],
      ['flag', 'true'],
    ]);
  });

  it('keeps them in structured mode, with data as JSON if it is', () => {
    const data = bytes('{"n":12345678901234567890}');
    const message = encode({ protocol: 4, forwarded, event: { ...event, data } });
    expect(json(message)).toMatchObject(attributes);
    expect(text(message.payload)).toContain('"data":{"n":12345678901234567890}}');
  });

  it.each(['hello', '"a string"', '{"a":1'])('falls back to data_base64 for %j', (data) => {
    const message = json(encode({ protocol: 4, forwarded, event: { ...event, data: bytes(data) } }));
    expect(message).toMatchObject({ data_base64: bytes(data).toBase64() });
    expect(message).not.toHaveProperty('data');
  });

  it('is another event with another id or source, or none', () => {
    for (const other of [{ id: '2' }, { source: '/x' }, { id: '' }]) {
      const { properties } = encode({ forwarded, event: { ...event, ...other } });
      expect(properties.contentType).toBeUndefined();
      expect(properties.userProperties).toHaveLength(4);
    }
  });

  it('is sent structured when its content type would be taken for the mode', () => {
    const inner = { ...event, attributes: { datacontenttype: 'application/cloudevents+json' } };
    const message = encode({ forwarded: inner });
    expect(message.properties.contentType).toBe('application/cloudevents+json');
    expect(decodeEvent(message, 5, () => 'x').event).toEqual(inner);
  });
});

describe('options', () => {
  const all: PublishOptions = {
    retain: true,
    contentType: 'application/json',
    expiry: 60,
    responseTopic: 'reply',
    correlationData: bytes('c'),
    userProperties: [
      ['traceparent', '00-1'],
      ['X-Other', 'a'],
      ['X-Other', 'b'],
    ],
  };

  it('travel as properties on MQTT 5', () => {
    const message = encode({ options: all });
    expect(message.retain).toBe(true);
    expect(message.properties).toEqual({
      contentType: 'application/json',
      expiry: 60,
      responseTopic: 'reply',
      correlationData: bytes('c'),
      userProperties: [...required, ...all.userProperties],
    });
    expect(decodeEvent(message, 5, () => 'x').event.attributes).toEqual({
      traceparent: '00-1',
      datacontenttype: 'application/json',
    });
  });

  it('describe the data in structured mode', () => {
    const message = encode({ format: 'structured', options: all, event: { ...event, data: bytes('[1]') } });
    expect(message.properties).toMatchObject({
      contentType: 'application/cloudevents+json',
      userProperties: all.userProperties,
    });
    expect(json(message)).toMatchObject({ datacontenttype: 'application/json', data: [1] });
  });

  it('stand beside raw data', () => {
    const { properties } = encode({ format: 'raw', options: all });
    expect(properties).toMatchObject({ contentType: 'application/json', userProperties: all.userProperties });
  });

  it('put the content type in place of the kept one', () => {
    const forwarded = { ...event, attributes: { datacontenttype: 'text/plain', subject: 's' } };
    const { properties } = encode({ forwarded, options: { ...noOptions, contentType: 'text/csv' } });
    expect(properties.contentType).toBe('text/csv');
    expect(properties.userProperties).toContainEqual(['subject', 's']);
  });

  it('refuse an expiry of 0, which Mosquitto takes for none', () => {
    expect(refusal({ options: { ...noOptions, expiry: 0 } })).toEqual({
      tag: 'invalid-argument',
      val: 'the expiry must be at least 1 second',
    });
  });

  it.each([
    ['expiry', { expiry: 1 }],
    ['response-topic', { responseTopic: 'a' }],
    ['correlation-data', { correlationData: bytes('') }],
    ['user-properties', { userProperties: [['X', 'y']] }],
  ] as [string, Partial<PublishOptions>][])('refuse %s on 3.1.1 in every format', (name, option) => {
    for (const format of ['cloudevents', 'structured', 'raw'] as const)
      expect(refusal({ protocol: 4, format, options: { ...noOptions, ...option } })).toEqual({
        tag: 'invalid-argument',
        val: expect.stringContaining(name),
      });
  });

  it('carry retain, and a content type within the event, on 3.1.1', () => {
    const options = { ...noOptions, retain: true, contentType: 'text/csv' };
    const message = encode({ protocol: 4, options });
    expect(message.retain).toBe(true);
    expect(json(message)).toMatchObject({ datacontenttype: 'text/csv' });
    expect(refusal({ protocol: 4, format: 'raw', options })).toMatchObject({
      val: expect.stringContaining('content-type'),
    });
  });

  it.each([
    ['specversion'],
    ['id'],
    ['source'],
    ['type'],
    ['time'],
    ['subject'],
    ['dataschema'],
    ['datacontenttype'],
    ['data'],
    ['kept'],
  ])('must not name attribute %s in binary mode', (name) => {
    const forwarded = { ...event, attributes: { kept: 'x' } };
    const options: PublishOptions = { ...noOptions, userProperties: [[name, 'v']] };
    expect(refusal({ options, forwarded })).toEqual({ tag: 'invalid-argument', val: expect.stringContaining(name) });
    for (const format of ['structured', 'raw'] as const)
      expect(refusal({ options, forwarded, format })).toBeUndefined();
  });

  it('must not give an extension twice', () => {
    const options: PublishOptions = {
      ...noOptions,
      userProperties: [
        ['tag', 'a'],
        ['tag', 'b'],
      ],
    };
    expect(refusal({ options })).toMatchObject({ tag: 'invalid-argument' });
  });
});

describe('what a broker would close the connection for', () => {
  const long = 'x'.repeat(65_536);
  it.each([
    ['id', { event: { ...event, id: 'a\u0000' } }],
    ['source', { event: { ...event, source: 'a\n' } }],
    ['type', { event: { ...event, type: '\ud800' } }],
    ['a long type', { event: { ...event, type: long } }],
    ['a long type of wide characters', { event: { ...event, type: '漢'.repeat(21_846) } }],
    ['response topic', { options: { ...noOptions, responseTopic: 'a/#' } }],
    ['empty response topic', { options: { ...noOptions, responseTopic: '' } }],
    ['response topic with a control character', { options: { ...noOptions, responseTopic: 'a\u0001' } }],
    ['content type', { options: { ...noOptions, contentType: 'a\u007f' } }],
    ['empty content type', { options: { ...noOptions, contentType: '' } }],
    ['correlation data', { options: { ...noOptions, correlationData: new Uint8Array(65_536) } }],
    ['user property name', { options: { ...noOptions, userProperties: [['a\u0000', 'b']] } }],
    ['user property value', { options: { ...noOptions, userProperties: [['a', '\ufffe']] } }],
  ] as [string, Partial<EncodeRequest>][])('is refused: %s', (_, request) => {
    expect(refusal(request)).toMatchObject({ tag: 'invalid-argument' });
  });

  it('lets the longest strings through', () => {
    expect(refusal({ event: { ...event, type: long.slice(1) } })).toBeUndefined();
    expect(refusal({ event: { ...event, type: '漢'.repeat(21_845) } })).toBeUndefined();
  });

  it('is refused: more than the largest packet holds', () => {
    const tooLarge = { tag: 'invalid-argument', val: expect.stringContaining('too large') };
    for (const format of ['cloudevents', 'structured', 'raw'] as const)
      expect(refusal({ format, event: { ...event, data: new Uint8Array(2 ** 28) } })).toEqual(tooLarge);
    const nearly = { ...event, data: new Uint8Array(268_100_000) };
    expect(refusal({ event: nearly })).toBeUndefined();
    expect(refusal({ event: nearly, options: { ...noOptions, userProperties: [['X', long.slice(1)]] } })).toEqual(
      tooLarge,
    );
  });
});

describe('any event', () => {
  it('comes back as it was, in every mode', () => {
    const random = randomFrom(7);
    for (let i = 0; i < 2_000; i++) {
      const sent = randomEvent(random);
      for (const [format, protocol] of [
        ['cloudevents', 5],
        ['cloudevents', 4],
        ['structured', 5],
      ] as const) {
        const message = encode({ event: sent, forwarded: sent, format, protocol });
        expect(decodeEvent(message, protocol, () => 'x')).toEqual({ raw: false, event: sent });
      }
    }
  });
});
