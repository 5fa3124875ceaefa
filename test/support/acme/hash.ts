/** `acme:shop/hash`, as a module of the library's user. */
import { createHash } from 'node:crypto';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) throw new Error('loaded on the main thread');

export function digest(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data).toString();
  if (text === 'loop') for (;;);
  if (text === 'bug') throw new TypeError('digest has a bug');
  if (text === 'typed') throw Object.assign(new Error('typed'), { payload: { tag: 'timeout' } });
  if (text === 'promise') return Promise.reject(new Error('late')) as unknown as Uint8Array;
  if (text === 'env') return Buffer.from(Object.keys(process.env).join());
  return createHash('sha256').update(data).digest().subarray(0, 4);
}

export function parseHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw Object.assign(new Error('not hex'), { payload: `not hex: ${text}` });
  return Buffer.from(text, 'hex');
}
