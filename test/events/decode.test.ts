import { describe, expect, it } from 'vitest';
import { decodeEvent } from '../../src/events/index.ts';
import type { MqttVersion, WireMessage } from '../../src/types.ts';
import { bytes, required, text, wire } from './samples.ts';

const decode = (message: WireMessage, protocol: MqttVersion) => decodeEvent(message, protocol, () => 'fresh');
const structured = (object: unknown) => (typeof object === 'string' ? object : JSON.stringify(object));
const core = { specversion: '1.0', id: '1', source: '/s', type: 't' };
const JSON_MODE = { contentType: 'application/cloudevents+json' };

describe('binary mode on MQTT 5', () => {
  it('takes attributes from user properties and the content type', () => {
    const message = wire('hello', {
      contentType: 'text/plain',
      userProperties: [
        ...required,
        ['time', 'not checked'],
        ['subject', 'x'],
        ['constructor', 'c'],
        ['X-Other', 'ignored'],
      ],
    });
    expect(decode(message, 5)).toEqual({
      raw: false,
      event: {
        id: '1',
        source: '/s',
        type: 't',
        data: bytes('hello'),
        attributes: { time: 'not checked', subject: 'x', constructor: 'c', datacontenttype: 'text/plain' },
      },
    });
  });

  it('hands the payload on without a copy', () => {
    const message = wire('hello', { userProperties: required });
    expect(decode(message, 5).event.data).toBe(message.payload);
  });

  it.each([
    ['a required attribute is missing', required.slice(1)],
    ['a required attribute is empty', [...required.slice(0, 3), ['type', '']]],
    ['another version', [['specversion', '0.3'], ...required.slice(1)]],
    ['a required attribute is given twice', [...required, ['id', '1']]],
    ['an extension is given twice', [...required, ['tag', 'a'], ['tag', 'b']]],
    ['a value has a control character', [...required, ['subject', 'a\nb']]],
    ['a required value has a control character', [...required.slice(0, 3), ['type', 'a\u0000']]],
  ] as [string, [string, string][]][])('is raw when %s', (_, userProperties) => {
    expect(decode(wire('x', { userProperties }), 5)).toEqual({
      raw: true,
      event: { id: 'fresh', source: 'a/b', type: 'mqtt.message', data: bytes('x'), attributes: undefined },
    });
  });

  it('lets user properties that are no attributes repeat', () => {
    const userProperties: [string, string][] = [
      ...required,
      ['X-Tag', 'a'],
      ['X-Tag', 'b'],
      ['data', 'd'],
      ['data', 'e'],
    ];
    expect(decode(wire('x', { userProperties }), 5)).toMatchObject({ raw: false, event: { attributes: undefined } });
  });

  it('is no mode of 3.1.1', () => {
    expect(decode(wire('x', { userProperties: required }), 4).raw).toBe(true);
  });

  it('takes an event format that it does not know for data', () => {
    const message = wire('avro', { contentType: 'application/cloudevents+avro', userProperties: required });
    expect(decode(message, 5).event.attributes).toEqual({ datacontenttype: 'application/cloudevents+avro' });
  });
});

describe('structured mode', () => {
  it.each([
    ['application/cloudevents+json'],
    ['Application/CloudEvents+JSON; charset=UTF-8'],
    [' application/cloudevents+json ; charset="utf-8"'],
  ])('is recognised by content type %j on MQTT 5', (contentType) => {
    expect(decode(wire(structured({ ...core, data: 'x' }), { contentType }), 5)).toMatchObject({
      raw: false,
      event: { id: '1', source: '/s', type: 't', data: bytes('x') },
    });
  });

  it.each([
    ['no content type', undefined],
    ['another content type', 'application/json'],
    ['a batch', 'application/cloudevents-batch+json'],
    ['a charset that JSON does not have', 'application/cloudevents+json; charset=utf-16'],
  ])('is raw on MQTT 5 with %s', (_, contentType) => {
    expect(decode(wire(structured(core), { contentType }), 5).raw).toBe(true);
  });

  it('is raw when malformed, or a batch, even if the user properties would do', () => {
    const userProperties = required;
    expect(decode(wire('{', { ...JSON_MODE, userProperties }), 5).raw).toBe(true);
    expect(decode(wire('[]', { contentType: 'application/cloudevents-batch+json', userProperties }), 5).raw).toBe(true);
  });

  it('is recognised by its content on 3.1.1, white space and escaped names included', () => {
    expect(decode(wire(` \r\n\t${structured(core)}\n`), 4).raw).toBe(false);
    const escaped = structured(core).replace('specversion', '\\u0073pecversion');
    expect(decode(wire(escaped), 4).raw).toBe(false);
  });

  it.each([
    ['a string', '"specversion"'],
    ['an array', `[${JSON.stringify(core)}]`],
    ['an object without id', structured({ ...core, id: undefined })],
    ['an empty id', structured({ ...core, id: '' })],
    ['an id that is a number', structured({ ...core, id: 1 })],
    ['another version', structured({ ...core, specversion: '0.3' })],
    ['a version that is a number', structured({ ...core, specversion: 1 })],
    ['an upper-case name', structured({ ...core, Foo: 'x' })],
    ['an underscore in a name', structured({ ...core, a_b: 'x' })],
    ['__proto__', '{"__proto__":{},"specversion":"1.0","id":"1","source":"/s","type":"t"}'],
    ['an attribute that is an object', structured({ ...core, ext: {} })],
    ['a fraction', structured({ ...core, ext: 1.5 })],
    ['a number that cannot be kept', '{"specversion":"1.0","id":"1","source":"/s","type":"t","ext":9007199254740993}'],
    ['a time that is no string', structured({ ...core, time: 5 })],
    ['a control character', structured({ ...core, subject: 'a\nb' })],
    ['both kinds of data', structured({ ...core, data: 'a', data_base64: 'YQ==' })],
    ['base64 that is none', structured({ ...core, data_base64: '*' })],
    ['data_base64 that is no string', structured({ ...core, data_base64: 5 })],
    ['a byte order mark', `\ufeff${structured(core)}`],
    ['text after the object', `${structured(core)}x`],
  ])('is raw when it is %s', (_, payload) => {
    const message = wire(payload);
    expect(decode(message, 4).raw).toBe(true);
    expect(decode(wire(payload, JSON_MODE), 5).raw).toBe(true);
    expect(decode(message, 4).event.data).toBe(message.payload);
  });

  it('is raw when it is not UTF-8', () => {
    const payload = bytes(structured({ ...core, data: '??' }));
    payload[payload.indexOf(0x3f)] = 0xff;
    expect(decode(wire(payload), 4).raw).toBe(true);
  });

  it('takes null for absent, and keeps booleans and whole numbers', () => {
    const { event } = decode(wire(structured({ ...core, subject: null, data_base64: null, flag: true, count: -3 })), 4);
    expect(event).toMatchObject({ data: bytes(''), attributes: { flag: true, count: -3 } });
    expect(event.attributes).not.toHaveProperty('subject');
  });

  it.each([
    ['{"b":12345678901234567890, "2":0, "1":0}', '{"b":12345678901234567890, "2":0, "1":0}'],
    ['[ "]", "\\"}" ]', '[ "]", "\\"}" ]'],
    ['1.50', '1.50'],
    ['null', 'null'],
    ['false', 'false'],
    ['"a\\nb\\\\"', 'a\nb\\'],
    ['""', ''],
  ])('reads data %s as %s', (written, data) => {
    const tail = `"x":"\\\\","data" : ${written} ,"source":"/s","type":"t"}`;
    const { event, raw } = decode(wire(`{"specversion":"1.0","id":"1",${tail}`), 4);
    expect(raw).toBe(false);
    expect(text(event.data)).toBe(data);
  });

  it('looks for data at the top level only, and takes the last', () => {
    const payload =
      '{"data":[{"data":1}],"specversion":"1.0","id":"1","source":"/s","type":"t","\\u0064ata":{"data":2}}';
    expect(text(decode(wire(payload), 4).event.data)).toBe('{"data":2}');
  });

  it('says application/json where the format only implies it', () => {
    const typeOf = (data: unknown, datacontenttype?: string) =>
      decode(wire(structured({ ...core, datacontenttype, data })), 4).event.attributes?.datacontenttype;
    expect(typeOf({})).toBe('application/json');
    expect(typeOf('text')).toBeUndefined();
    expect(typeOf({}, 'application/geo+json')).toBe('application/geo+json');
  });
});

describe('a raw message', () => {
  it('keeps a content type that describes its payload', () => {
    const typeOf = (contentType: string) => decode(wire('x', { contentType }), 5).event.attributes;
    expect(typeOf('text/csv')).toEqual({ datacontenttype: 'text/csv' });
    expect(typeOf('application/cloudevents-batch+json')).toBeUndefined();
    expect(typeOf('a\u0001')).toBeUndefined();
  });

  it('is no event because of braces, and is not parsed for them', () => {
    const payload = `{${'[{"a":'.repeat(100_000)}`;
    expect(decode(wire(payload), 4).raw).toBe(true);
    const nested = `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expect(() => decode(wire(nested), 4)).not.toThrow();
  });

  it.each([
    ['a/b', 'a/b'],
    ["sensors/A-1._~!$&'()*+,;=@/x", "sensors/A-1._~!$&'()*+,;=@/x"],
    ['/a', '/a'],
    ['//host/a', '/%2Fhost/a'],
    ['urn:x/a:b', 'urn%3Ax/a:b'],
    ['a:b', 'a%3Ab'],
    ['a?b/c', 'a%3Fb/c'],
    ['a b/ü/50%', 'a%20b/%C3%BC/50%25'],
  ])('has topic %s as source %s', (topic, source) => {
    const { event } = decode(wire('x', {}, topic), 5);
    expect(event.source).toBe(source);
    expect(decodeURIComponent(source)).toBe(topic);
    const resolved = new URL(source, 'mqtt://broker/base/');
    expect(resolved.host).toBe('broker');
    expect([resolved.search, resolved.hash]).toEqual(['', '']);
  });
});
