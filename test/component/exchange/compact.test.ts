import { expect, test } from 'vitest';
import { Compactor } from '../../../src/component/exchange/compact.ts';

const BLOCK = 8_192;

test('what is compacted is a copy, and holds no more than a small block or what it needs', () => {
  const compactor = new Compactor();
  const lengths = [
    1, 0, 700, 1_024, 1_025, 5_000, 256, 256, 1_024, 1_024, 1_024, 1_024, 1_024, 1_024, 1_024, 3, 100_000,
  ];
  const copies = lengths.map((length, index) => {
    const whole = new Uint8Array(length + 10).fill(index + 1);
    const copy = compactor.compact(whole.subarray(5, length + 5));
    whole.fill(0);
    return copy;
  });
  for (const [index, copy] of copies.entries()) {
    expect([...new Set(copy)]).toEqual(copy.length === 0 ? [] : [index + 1]);
    expect(copy.length).toBe(lengths[index]);
    expect(copy.buffer.byteLength).toBe(copy.length > BLOCK / 8 ? copy.length : BLOCK);
  }
  // Small ones share.
  expect(new Set(copies.map(({ buffer }) => buffer)).size).toBe(5);
});
