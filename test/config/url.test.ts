import { describe, expect, test } from 'vitest';
import { MQTT_SCHEMES, parseBrokerUrl, readBrokerUrl } from '../../src/config/url.ts';

const read = (text: string, schemes = MQTT_SCHEMES) => readBrokerUrl(text, schemes);

describe('readBrokerUrl', () => {
  test.each([
    ['tcp://localhost', 'mqtt', 'localhost', 1883, ''],
    ['tcp://localhost:1884/', 'mqtt', 'localhost', 1884, ''],
    ['mqtt://10.0.0.1', 'mqtt', '10.0.0.1', 1883, ''],
    ['mqtts://broker.example', 'mqtts', 'broker.example', 8883, ''],
    ['ssl://broker_1:1', 'mqtts', 'broker_1', 1, ''],
    ['ws://broker', 'ws', 'broker', 80, '/'],
    ['ws://broker:80/mqtt', 'ws', 'broker', 80, '/mqtt'],
    ['wss://broker/a/b?c=d', 'wss', 'broker', 443, '/a/b?c=d'],
    ['tcp://[::1]:1883', 'mqtt', '::1', 1883, ''],
    ['wss://[2001:db8::1]', 'wss', '2001:db8::1', 443, '/'],
    ['TCP://Broker', 'mqtt', 'Broker', 1883, ''],
  ])('%s', (text, protocol, host, port, path) => {
    expect(read(text)).toEqual({
      ok: true,
      value: { address: { protocol, host, port, path, display: text }, credentials: undefined },
    });
  });

  test('takes percent-encoded user and password, and does not show them', () => {
    expect(read('mqtts://a%40b:p%2Fw%3a%25@broker:1/')).toMatchObject({
      value: {
        address: { host: 'broker', display: 'mqtts://broker:1/' },
        credentials: { username: 'a@b', password: 'p/w:%' },
      },
    });
    expect(read('ws://user@broker/p@th')).toMatchObject({
      value: {
        address: { path: '/p@th', display: 'ws://broker/p@th' },
        credentials: { username: 'user', password: undefined },
      },
    });
  });

  test.each([
    ['http://broker', 'did you mean ws://?'],
    ['https://broker', 'did you mean wss://?'],
    ['tls://broker', 'did you mean'],
    ['mqqt://broker', 'did you mean mqtt://?'],
    ['localhost:1883', 'write the scheme too'],
    ['broker', 'write the scheme too'],
    ['tcp:broker', 'write the scheme too'],
    ['', 'write the scheme too'],
    ['amqp://broker', undefined],
  ])('scheme of %j', (text, hint) => {
    const result = read(text);
    expect(result).toMatchObject({ ok: false, error: { expected: expect.stringContaining('tcp://, mqtt://') } });
    expect(result.ok ? '' : result.error.hint).toEqual(hint === undefined ? undefined : expect.stringContaining(hint));
  });

  test.each([
    ['tcp://', 'a url with a host'],
    ['tcp://:1883', 'a url with a host'],
    ['tcp://broker:99999', 'a url with a host'],
    ['tcp://bro ker', 'a url with a host'],
    ['tcp://broker:0', 'a port from 1'],
    ['tcp://broker/path', 'ends after the port'],
    ['tcp://broker?x', 'ends after the port'],
    ['ws://broker/#x', 'ends after the port'],
    ['tcp://:pw@broker', 'a user before the password'],
    ['tcp://a%ZZ:pw@broker', 'percent-encoded'],
  ])('refuses %s', (text, expected) => {
    expect(read(text)).toMatchObject({ ok: false, error: { expected: expect.stringContaining(expected) } });
  });

  test('a scheme of another driver needs no port, and says nothing of MQTT', () => {
    expect(read('bus://host', ['bus'])).toMatchObject({ ok: true, value: { address: { protocol: 'other', port: 0 } } });
    expect(read('bus://host:0', ['bus'])).toMatchObject({ ok: false });
    expect(read('bus://host:7', ['bus'])).toMatchObject({
      ok: true,
      value: { address: { port: 7, display: 'bus://host:7' } },
    });
  });
});

describe('parseBrokerUrl', () => {
  test('gives the address', () => {
    expect(parseBrokerUrl('ws://127.0.0.1:8080')).toMatchObject({ protocol: 'ws', port: 8080, path: '/' });
  });

  test('a url that is none is ERR_USAGE, without its password', () => {
    expect(() => parseBrokerUrl('foo://me:hunter2@h')).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining('found "foo://***@h"') }),
    );
  });
});
