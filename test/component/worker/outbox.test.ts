import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { AskCells } from '../../../src/component/ask-cells.ts';
import { CallCells } from '../../../src/component/cells.ts';
import { type FromWorker, FULL } from '../../../src/component/protocol.ts';
import { type PackedPublish, unpackPublishes } from '../../../src/component/publish-batch.ts';
import { Outbox } from '../../../src/component/worker/outbox.ts';

const OUT_OF_STACK = new RangeError('Maximum call stack size exceeded');
const request = { topic: 't', event: { id: 'x', source: '/s', type: 't', data: new Uint8Array() } };

/** Answers a question after a while, as the main thread does. */
const LATER = `
  const { workerData: { buffer, question } } = require('node:worker_threads');
  setTimeout(() => {
    const words = new Int32Array(buffer, 0, 2);
    words[1] = Buffer.from(buffer, 8).write(JSON.stringify({ ok: false, error: { tag: 'other', val: 'the second' } }));
    Atomics.store(words, 0, question);
    Atomics.notify(words, 0);
  }, 50);`;

test('what a guest that is out of stack keeps from being posted is posted later', async () => {
  const sent: FromWorker[] = [];
  let fails = true;
  const outbox = new Outbox((message) => {
    if (fails) throw OUT_OF_STACK;
    sent.push(message);
  }, new CallCells());
  outbox.result(1, { kind: 'ok' });
  outbox.buffer(2, request);
  expect(() => outbox.ask({ id: 1, call: 2, request })).toThrow(OUT_OF_STACK);
  fails = false;
  await new Promise(setImmediate);
  expect(sent).toMatchObject([{ results: [1], buffered: { count: 1 } }]);
});

test('an answer that nobody waits for any more is none to the next question', async () => {
  const asks = new AskCells();
  const main = new AskCells(asks.buffer);
  const ask = () =>
    asks.wait(() => {
      throw OUT_OF_STACK;
    });
  expect(ask).toThrow(OUT_OF_STACK);
  let other: Worker | undefined;
  const verdict = asks.wait((question) => {
    main.answer(question - 1, { ok: true, value: undefined });
    other = new Worker(LATER, { eval: true, execArgv: [], workerData: { buffer: asks.buffer, question } });
  });
  expect(verdict).toEqual({ ok: false, error: { tag: 'other', val: 'the second' } });
  await other?.terminate();
});

test('results that are many leave at once, fewer at the end of the turn', async () => {
  const sent: FromWorker[] = [];
  const outbox = new Outbox((message) => sent.push(message), new CallCells());
  for (let id = 1; id <= FULL + 2; id++) outbox.result(id, { kind: 'ok' });
  expect(sent.map(({ results }) => results?.length)).toEqual([FULL]);
  await new Promise(setImmediate);
  expect(sent.map(({ results }) => results?.length)).toEqual([FULL, 2]);
});

test('publishes go packed where all of them can be, else one by one and in order', async () => {
  const sent: FromWorker[] = [];
  const outbox = new Outbox((message) => sent.push(message), new CallCells());
  const data = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
  const plain = { id: 1, call: 2, request: { topic: 'tö', event: { id: '', source: '/s', type: 't', data } } };
  const other = { ...plain, id: 2, call: 3, request };
  const optional = { ...other, id: 3, request: { ...request, options: { retain: true, userProperties: [] } } };
  const wordy = { ...other, request: { ...request, topic: 'a'.repeat(8_192) } };
  const large = { ...other, request: { ...request, event: { ...request.event, data: new Uint8Array(2 ** 20) } } };
  for (const together of [
    [plain, other],
    [plain, optional],
    [plain, { ...other, unread: [7] }],
    [plain, large],
    [plain, wordy],
  ]) {
    for (const publish of together) outbox.publish(publish as typeof plain);
    await new Promise(setImmediate);
  }
  const [first, ...others] = sent;
  const unpacked: PackedPublish[] = [];
  if (first?.packed !== undefined) unpackPublishes(first.packed, (one) => unpacked.push(one));
  expect(unpacked).toEqual([plain, other]);
  // One that waits for its broker holds nothing of the batch.
  const held = unpacked.map(({ request: { event } }) => event.data.buffer);
  expect(held).not.toContain(first?.packed?.bytes);
  expect(first?.publishes).toBeUndefined();
  expect(others.map(({ packed, publishes }) => [packed, publishes?.map(({ id }) => id)])).toEqual([
    [undefined, [1, 3]],
    [undefined, [1, 2]],
    [undefined, [1, 2]],
    [undefined, [1, 2]],
  ]);
  // Not with the buffer that it is a part of.
  expect(others[0]?.publishes?.[0]?.request.event.data.buffer.byteLength).toBe(2);
});
