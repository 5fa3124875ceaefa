import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { LINE_BYTES } from '../../../src/component/exchange/cells.ts';
import { RING_BYTES, Ring } from '../../../src/component/exchange/ring.ts';

/** Both sides of one ring, which does not lie at the start of its buffer. */
function bothSides() {
  const buffer = new SharedArrayBuffer(2 * RING_BYTES);
  return { writer: new Ring(buffer, RING_BYTES), reader: new Ring(buffer, RING_BYTES) };
}

function readAll(reader: Ring): number[] {
  const read: number[] = [];
  for (let entry = reader.next; entry !== undefined; entry = reader.next) {
    read.push(entry);
    reader.pass();
  }
  return read;
}

test('what is written is read in order, however much in all', () => {
  const { writer, reader } = bothSides();
  for (let round = 0; round < 1_000; round++) {
    const entries = [round, -round, 2 ** 31 - 1].slice(0, 1 + (round % 3));
    for (const entry of entries) writer.put(entry);
    expect(readAll(reader)).toEqual(entries);
  }
  expect([reader.isEmpty, reader.next]).toEqual([true, undefined]);
  // Nothing to be passed.
  reader.pass();
  writer.put(7);
  expect(reader.next).toBe(7);
});

test('nothing is written over what was not read', () => {
  const { writer, reader } = bothSides();
  for (let entry = 0; entry < 1_024; entry++) writer.put(entry);
  expect(() => writer.put(1_024)).toThrow(/more calls are under way/);
  expect(reader.next).toBe(0);
  reader.pass();
  writer.put(1_024);
  expect(() => writer.put(1_025)).toThrow();
  expect(readAll(reader)).toEqual(Array.from({ length: 1_024 }, (_, index) => index + 1));
});

test('the reader is told once, until it rests, which it does not where something has come', () => {
  const { writer, reader } = bothSides();
  writer.put(1);
  expect([writer.mustTell(), writer.mustTell()]).toEqual([true, false]);
  expect(reader.rest()).toBe(false);
  reader.pass();
  expect([reader.rest(), writer.mustTell()]).toEqual([true, true]);
});

test('nothing is lost between two threads, one of which sleeps whenever it can', { timeout: 60_000 }, async () => {
  const count = 200_000;
  const buffer = new SharedArrayBuffer(RING_BYTES);
  const ring = new Ring(buffer, 0);
  const worker = new Worker(new URL('../support/ring-reader.ts', import.meta.url), { workerData: { buffer, count } });
  await once(worker, 'message');
  const answer = once(worker, 'message');
  const read = new Int32Array(buffer, LINE_BYTES, 1);
  for (let entry = 0; entry < count; entry++) {
    // As full as it may be, and often empty.
    while (entry - Atomics.load(read, 0) >= (entry % 10_000 < 5_000 ? 1_000 : 1));
    ring.put(entry);
    if (ring.mustTell()) worker.postMessage(0);
  }
  expect((await answer)[0]).toBe('all');
  await worker.terminate();
});
