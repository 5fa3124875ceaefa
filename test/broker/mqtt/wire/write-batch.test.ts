import { expect, it } from 'vitest';
import { WriteBatch } from '../../../../src/broker/mqtt/wire/write-batch.ts';

it('what it writes is no part of the pool that Node keeps for small buffers', () => {
  const written: Buffer[] = [];
  const batch = new WriteBatch((bytes) => written.push(bytes));
  batch.short(0x40, 7);
  batch.flush();
  for (let id = 0; id < 1_000; id++) batch.short(0x40, id);
  batch.flush();
  expect(written.map((bytes) => bytes.length)).toEqual([4, 4_000]);
  for (const { buffer } of written) expect(buffer.byteLength).toBeLessThan(Buffer.poolSize);
});
