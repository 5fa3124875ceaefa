import { describe, expect, it } from 'vitest';
import { payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

const http = linked('wasi:http/types');
const bytes = (text: string) => Buffer.from(text);

describe('outgoing requests', () => {
  it('can be made, and are refused when sent', async () => {
    const request = new http.OutgoingRequest(new http.Fields());
    request.setMethod({ tag: 'post' });
    request.setScheme({ tag: 'HTTPS' });
    request.setAuthority('example.com');
    request.setPathWithQuery('/a');
    expect([request.method(), request.scheme(), request.authority(), request.pathWithQuery()]).toEqual([
      { tag: 'post' },
      { tag: 'HTTPS' },
      'example.com',
      '/a',
    ]);
    const body = request.body();
    body.write().blockingWriteAndFlush(bytes('dropped'));
    http.OutgoingBody.finish(body, undefined);
    const { handle } = linked('wasi:http/outgoing-handler');
    expect(await payloadOf(() => handle(request, new http.RequestOptions()))).toEqual({ tag: 'HTTP-request-denied' });
  });

  it('give out their body once, and the body its stream', async () => {
    const request = new http.OutgoingRequest(new http.Fields());
    const body = request.body();
    expect(await payloadOf(() => request.body())).toBeUndefined();
    body.write();
    expect(await payloadOf(() => body.write())).toBeUndefined();
  });

  it('remember their options', () => {
    const options = new http.RequestOptions();
    options.setConnectTimeout(1n);
    options.setFirstByteTimeout(2n);
    options.setBetweenBytesTimeout(3n);
    expect([options.connectTimeout(), options.firstByteTimeout(), options.betweenBytesTimeout()]).toEqual([1n, 2n, 3n]);
  });
});

it('responses keep their status', () => {
  const fields = new http.Fields();
  const response = new http.OutgoingResponse(fields);
  expect(response.statusCode()).toBe(200);
  response.setStatusCode(404);
  expect(response.statusCode()).toBe(404);
  expect(response.headers()).toBe(fields);
});

describe('fields', () => {
  it('hold several values of a name, without regard to case', () => {
    const fields = http.Fields.fromList([['A', bytes('1')]]);
    fields.append('a', bytes('2'));
    fields.append('b', bytes('3'));
    expect(fields.get('A')).toEqual([bytes('1'), bytes('2')]);
    const copy = fields.clone();
    fields.set('a', [bytes('4')]);
    fields.delete('B');
    expect(fields.entries()).toEqual([['a', bytes('4')]]);
    expect(fields.has('b')).toBe(false);
    expect(copy.has('b')).toBe(true);
  });

  it.each(['', 'a b', 'a:', 'é'])('refuse the name %j', async (name) => {
    const invalid = { tag: 'invalid-syntax' };
    expect(await payloadOf(() => new http.Fields().append(name, bytes('1')))).toEqual(invalid);
    expect(await payloadOf(() => new http.Fields().set(name, []))).toEqual(invalid);
    expect(await payloadOf(() => http.Fields.fromList([[name, bytes('1')]]))).toEqual(invalid);
  });
});

it.each(['IncomingRequest', 'IncomingResponse', 'FutureIncomingResponse', 'FutureTrailers'])(
  'refuses every operation of %s',
  async (name) => {
    const methods = Object.getOwnPropertyNames(http[name].prototype).filter((method) => method !== 'constructor');
    expect(methods).not.toEqual([]);
    for (const method of methods)
      expect(await payloadOf(() => new http[name]()[method]()), method).toEqual({ tag: 'HTTP-request-denied' });
  },
);
