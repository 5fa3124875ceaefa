import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { mendStreams, unmended } from '../../src/component/streams.ts';
import { stripDebugLog } from '../../src/component/strip.ts';
import { type Transpiled, transpileWithJco } from '../../src/component/transpile.ts';
import type { GuestContext } from '../../src/guest.ts';
import { createImports } from '../../src/interfaces/index.ts';
import type { PubsubEvent } from '../../src/types.ts';
import { fakeContext } from '../interfaces/context.ts';
import { tempDirectory } from '../support/temp.ts';

declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

type Command = { readonly run: { run(): Promise<void> } };

let transpiled: Transpiled;

beforeAll(async () => {
  const { path } = await buildGuest('pulling');
  const waits = ['publish', 'receive', 'stream'].map((name) => `wasi:pubsub/data-basic@0.1.0#${name}`);
  transpiled = await transpileWithJco(readFileSync(path), {
    mode: 'jspi',
    asyncImports: waits,
    asyncExports: ['wasi:cli/run@0.3.0#run'],
  });
});

let modules = 0;

async function instance(code: string, context: GuestContext): Promise<Command> {
  const path = join(tempDirectory('streams'), `${++modules}.mjs`);
  writeFileSync(path, code);
  const generated = await import(/* @vite-ignore */ pathToFileURL(path).href);
  const core = (file: string) => new WebAssembly.Module(transpiled.cores.get(file) ?? new Uint8Array());
  return generated.instantiate(core, createImports(context));
}

/** A stream that hands out `count` events, one for each read. */
function events(count: number, onNext: (index: number) => void = () => {}): AsyncIterable<PubsubEvent> {
  const data = Buffer.alloc(200, 'x');
  let index = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        onNext(index);
        if (index === count) return { done: true, value: undefined };
        return { done: false, value: { id: String(index++), source: '/s', type: 't', data } };
      },
    }),
  };
}

/** Events a second that the guest reads. */
async function rate(code: string, count: number, onNext?: (index: number) => void): Promise<number> {
  const context: GuestContext = {
    ...fakeContext({ args: ['guest.wasm', 'count in out 1000000'] }),
    stream: async () => ({ ok: true, value: events(count, onNext) }),
  };
  const { run } = await instance(code, context);
  const started = performance.now();
  await run.run();
  return (count / (performance.now() - started)) * 1000;
}

describe('generated code that carries streams', () => {
  it('is as it was when the changes to it were written', () => {
    expect(unmended(stripDebugLog(transpiled.code))).toEqual([]);
  });

  it('is left alone where it is not', () => {
    expect(mendStreams('export function instantiate() {}')).toBe('export function instantiate() {}');
    expect(mendStreams('async runTickLoop() { nothing known }')).toBe('async runTickLoop() { nothing known }');
  });

  it('carries at least 20 times as many events as jco makes it carry', async () => {
    const stripped = stripDebugLog(transpiled.code);
    const mended = mendStreams(stripped);
    // The best of some short runs each, in turn: the machine may be busy with other tests.
    let [before, after] = [0, 0];
    for (let round = 0; round < 8; round++) {
      before = Math.max(before, await rate(transpiled.code, 300));
      after = Math.max(after, await rate(mended, 20_000));
      if (after > 20 * before) break;
    }
    console.log(`a stream carries ${before.toFixed(0)} events a second as generated, ${after.toFixed(0)} mended`);
    expect(after).toBeGreaterThan(20 * before);
  });

  it('keeps no event that it has carried', async () => {
    const seen: number[] = [];
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    await rate(mendStreams(stripDebugLog(transpiled.code)), 30_001, (index) => {
      if (index % 10_000 !== 0 || index === 0) return;
      gc();
      seen.push(process.memoryUsage().heapUsed);
    });
    const [first = 0, , last = 0] = seen;
    expect((last - first) / 20_000).toBeLessThan(40);
  });

  it('tells of an event that came after the guest had given up its read', async () => {
    const { promise, resolve } = Promise.withResolvers<IteratorResult<PubsubEvent>>();
    const event = { id: '1', source: '/s', type: 't', data: new Uint8Array() };
    const unread: (number | undefined)[] = [];
    const stream = {
      unread: undefined as (() => number) | undefined,
      [Symbol.asyncIterator]: () => ({
        next: () => promise,
        return: async () => {
          unread.push(stream.unread?.());
          return { done: true as const, value: undefined };
        },
      }),
    };
    const context: GuestContext = {
      ...fakeContext({ args: ['guest.wasm', 'cancel-read in out between'] }),
      stream: async () => ({ ok: true, value: stream }),
      publish: async () => {
        expect(stream.unread?.()).toBe(0);
        resolve({ done: false, value: event });
        await new Promise((turn) => setTimeout(turn, 20));
        return { ok: true, value: undefined };
      },
    };
    const { run } = await instance(mendStreams(stripDebugLog(transpiled.code)), context);
    await run.run();
    expect(unread).toEqual([1]);
  });
});
