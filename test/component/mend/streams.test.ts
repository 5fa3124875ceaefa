import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { missingFor } from '../../../guests/build.ts';
import { mendStreams, unmended } from '../../../src/component/mend/streams.ts';
import { stripDebugLog } from '../../../src/component/mend/strip.ts';
import type { GuestContext } from '../../../src/guest.ts';
import type { PubsubEvent } from '../../../src/types.ts';
import { fakeContext } from '../../interfaces/context.ts';
import { instanceOf, type Reader, rate, transpileCommand } from '../support/streaming.ts';

/** How many times as fast a stream of the guest is mended. */
async function gain(name: string, reader: Reader, enough: number): Promise<number> {
  const { code } = reader.transpiled;
  const mended = mendStreams(stripDebugLog(code));
  // The best of some short runs each, in turn: the machine may be busy with other tests.
  let [before, after] = [0, 0];
  for (let round = 0; round < 8; round++) {
    before = Math.max(before, await rate(reader, code, 300));
    after = Math.max(after, await rate(reader, mended, 20_000));
    if (after > enough * before) break;
  }
  console.log(`${name} reads ${before.toFixed(0)} events a second as generated, ${after.toFixed(0)} mended`);
  return after / before;
}

let reader: Reader;

beforeAll(async () => {
  reader = { transpiled: await transpileCommand('pulling', '0.3.0'), args: ['count in out 1000000'] };
});

describe('generated code that carries streams', () => {
  it('is as it was when the changes to it were written', () => {
    expect(unmended(stripDebugLog(reader.transpiled.code))).toEqual([]);
  });

  it('is left alone where it is not', () => {
    expect(mendStreams('export function instantiate() {}')).toBe('export function instantiate() {}');
    expect(mendStreams('async runTickLoop() { nothing known }')).toBe('async runTickLoop() { nothing known }');
  });

  it('carries at least 20 times as many events as jco makes it carry', async () => {
    expect(await gain('pulling', reader, 20)).toBeGreaterThan(20);
  });

  it('keeps no event that it has carried', async () => {
    const seen: number[] = [];
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    await rate(reader, mendStreams(stripDebugLog(reader.transpiled.code)), 30_001, (index) => {
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
    const { transpiled } = reader;
    const { run } = await instanceOf(transpiled, mendStreams(stripDebugLog(transpiled.code)), context);
    await run.run();
    expect(unread).toEqual([1]);
  });
});

const IN_RUST = [
  { name: 'batcher', version: '0.3.0', args: ['1000'], times: 10 },
  // It publishes each event, which takes most of its time.
  { name: 'sync-reading', version: '0.2.6', args: ['in', 'out', '1000000'], times: 5 },
];

describe.each(IN_RUST)('code of a guest in Rust, $name, which runs as $version,', ({ name, version, args, times }) => {
  const missing = missingFor(name);
  const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not found)` : '';

  it.skipIf(missing.length > 0)(
    `is mended as that of QuickJS is${skipped}`,
    async () => {
      const inRust = { transpiled: await transpileCommand(name, version), args };
      expect(unmended(stripDebugLog(inRust.transpiled.code))).toEqual([]);
      expect(await gain(name, inRust, times)).toBeGreaterThan(times);
    },
    600_000,
  );
});
