import { describe, expect, it } from 'vitest';
import { InputStream, OutputStream, WRITE_PERMIT } from '../../../src/interfaces/wasi-io/streams.ts';
import { GuestTrap } from '../../../src/interfaces/wit-error.ts';
import { payloadOf } from '../context.ts';
import { linked } from '../linked.ts';

const clock = linked('wasi:clocks/monotonic-clock');
const { poll } = linked('wasi:io/poll');
const HOUR = 3_600_000_000_000n;

describe('pollables', () => {
  it('are ready once their time has come, and block until then', () => {
    const start = clock.now();
    const soon = clock.subscribeDuration(5_000_000n);
    expect(clock.subscribeDuration(HOUR).ready()).toBe(false);
    soon.block();
    expect(soon.ready()).toBe(true);
    expect(clock.now() - start).toBeGreaterThanOrEqual(5_000_000n);
  });

  it('block no longer when their time is past', () => {
    clock.subscribeInstant(0n).block();
    expect(clock.subscribeInstant(0n).ready()).toBe(true);
  });

  it('poll returns those that are ready', () => {
    const later = clock.subscribeDuration(HOUR);
    expect([...poll([later, clock.subscribeDuration(0n), new InputStream().subscribe()])]).toEqual([1, 2]);
  });

  it('poll waits for the first', () => {
    const list = [clock.subscribeDuration(HOUR), clock.subscribeDuration(5_000_000n)];
    expect([...poll(list)]).toEqual([1]);
  });

  it('poll traps on an empty list', () => {
    expect(() => poll([])).toThrow(GuestTrap);
  });
});

describe('input-stream', () => {
  it.each(['read', 'blockingRead', 'skip', 'blockingSkip'] as const)('%s reports the end', async (method) => {
    expect(await payloadOf(() => new InputStream()[method](1n))).toEqual({ tag: 'closed' });
  });
});

describe('output-stream', () => {
  function stream(): { written: number[]; out: OutputStream } {
    const written: number[] = [];
    return { written, out: new OutputStream((bytes) => written.push(...bytes)) };
  }

  it('takes what it permits', () => {
    const { written, out } = stream();
    expect(out.checkWrite()).toBe(WRITE_PERMIT);
    expect(out.subscribe().ready()).toBe(true);
    out.write(Uint8Array.of(1));
    out.flush();
    out.blockingWriteAndFlush(Uint8Array.of(2));
    out.blockingFlush();
    out.writeZeroes(2n);
    out.blockingWriteZeroesAndFlush(1n);
    expect(written).toEqual([1, 2, 0, 0, 0]);
  });

  it('makes no more zeroes than it permits', async () => {
    const { written, out } = stream();
    const payload = (await payloadOf(() => out.writeZeroes(2n ** 60n))) as {
      tag: string;
      val: { toDebugString(): string };
    };
    expect(payload.tag).toBe('last-operation-failed');
    expect(payload.val).toBeInstanceOf(linked('wasi:io/error').Error);
    expect(payload.val.toDebugString()).toContain(String(WRITE_PERMIT));
    expect(written).toEqual([]);
  });

  it.each(['splice', 'blockingSplice'] as const)('%s ends with its source', async (method) => {
    expect(await payloadOf(() => stream().out[method](new InputStream(), 1n))).toEqual({ tag: 'closed' });
  });
});
