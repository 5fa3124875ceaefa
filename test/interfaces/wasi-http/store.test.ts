import { describe, expect, it } from 'vitest';
import { payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

const FORBIDDEN = { tag: 'forbidden' };
const kib = (count: number) => Buffer.alloc(count * 1024);

describe('what one instance may keep', () => {
  it('is bounded in bytes, over all its fields', async () => {
    const { Fields } = linked('wasi:http/types');
    const first = new Fields();
    first.append('a', kib(40));
    const second = new Fields();
    expect(await payloadOf(() => second.append('a', kib(40)))).toEqual(FORBIDDEN);
    expect(await payloadOf(() => second.set('a', [kib(40)]))).toEqual(FORBIDDEN);
    expect(await payloadOf(() => Fields.fromList([['a', kib(40)]]))).toEqual(FORBIDDEN);
    expect(second.entries()).toEqual([]);
    expect(() => first.clone()).toThrow(WebAssembly.RuntimeError);
  });

  it('is bounded in entries', async () => {
    const fields = new (linked('wasi:http/types').Fields)();
    for (let i = 0; i < 1_000; i++) fields.append('a', kib(0));
    expect(await payloadOf(() => fields.append('a', kib(0)))).toEqual(FORBIDDEN);
  });

  it('is counted for each instance on its own', () => {
    new (linked('wasi:http/types').Fields)().append('a', kib(40));
    expect(() => new (linked('wasi:http/types').Fields)().append('a', kib(40))).not.toThrow();
  });

  it('counts the strings of a request', async () => {
    const { Fields, OutgoingRequest } = linked('wasi:http/types');
    const request = new OutgoingRequest(new Fields());
    const long = 'x'.repeat(20_000);
    request.setPathWithQuery(long);
    request.setPathWithQuery(long);
    expect(await payloadOf(() => request.setAuthority(long))).toBeUndefined();
    expect(await payloadOf(() => request.setMethod({ tag: 'other', val: long }))).toBeUndefined();
    expect(await payloadOf(() => request.setScheme({ tag: 'other', val: long }))).toBeUndefined();
  });
});

describe('what is dropped may be kept anew', () => {
  it.each([
    // biome-ignore lint/suspicious/noExplicitAny: typed by WIT alone
    ['a deleted value', (fields: any) => fields.delete('a')],
    // biome-ignore lint/suspicious/noExplicitAny: typed by WIT alone
    ['fields', (fields: any) => fields[Symbol.dispose]()],
  ])('%s', (_, drop) => {
    const { Fields } = linked('wasi:http/types');
    for (let i = 0; i < 10; i++) {
      const fields = Fields.fromList([['a', kib(40)]]);
      drop(fields);
    }
  });

  it('requests, dropped or refused, and not by a dropped handle to their headers', async () => {
    const { Fields, OutgoingRequest } = linked('wasi:http/types');
    const { handle } = linked('wasi:http/outgoing-handler');
    for (let i = 0; i < 10; i++) {
      const request = new OutgoingRequest(Fields.fromList([['a', kib(40)]]));
      request.setPathWithQuery('x'.repeat(5_000));
      request.headers()[Symbol.dispose]();
      expect(request.headers().has('a')).toBe(true);
      if (i % 2 === 0) request[Symbol.dispose]();
      else expect(await payloadOf(() => handle(request))).toEqual({ tag: 'HTTP-request-denied' });
    }
  });
});
