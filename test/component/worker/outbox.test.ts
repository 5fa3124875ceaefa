import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { AskCells } from '../../../src/component/exchange/ask-cells.ts';
import { cellOf, isByMessage } from '../../../src/component/exchange/exchange.ts';
import { type FromWorker, MANY_PUBLISHES } from '../../../src/component/exchange/protocol.ts';
import { type PackedPublish, unpackPublishes } from '../../../src/component/exchange/publish-batch.ts';
import { testOutbox } from '../support/outbox.ts';

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
  let fails = true;
  const { outbox, sent } = testOutbox(() => {
    if (fails) throw OUT_OF_STACK;
  });
  outbox.result({ id: 1, cell: 0 }, { kind: 'ok' });
  outbox.buffer(2, request);
  expect(() => outbox.ask({ id: 1, call: 2, request })).toThrow(OUT_OF_STACK);
  fails = false;
  await new Promise(setImmediate);
  expect(sent).toMatchObject([{ results: [1], buffered: { count: 1 } }]);
});

test('a question tells of what has ended, so that nothing has to', async () => {
  const { outbox, sent, counts, exchange } = testOutbox();
  exchange.isAwaited = true;
  outbox.begin();
  outbox.result({ id: 1, cell: 0 }, { kind: 'ok' });
  outbox.begin();
  outbox.ask({ id: 1, call: 2, request });
  await new Promise(setImmediate);
  expect([sent.map((message) => Object.keys(message)), counts.looks]).toEqual([[['ask']], 0]);
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

test('what a call has to say besides that it ended well comes before its result, which keeps its place', async () => {
  const { outbox, exchange, sent } = testOutbox();
  const ended = [
    () => {},
    () => outbox.buffer(2, request),
    () => outbox.output({ stream: 'stdout', level: 'info', context: '', text: 'line' }),
    () => outbox.ask({ id: 1, call: 4, request }),
    () => {},
  ].map((act, index) => {
    outbox.begin();
    act();
    outbox.result({ id: index + 1, cell: index }, { kind: 'ok' });
    return index + 1;
  });
  outbox.begin();
  outbox.result({ id: 6, cell: 5 }, { kind: 'skipped' });
  await new Promise(setImmediate);
  const entries: [number, boolean][] = [];
  for (let entry = exchange.results.next; entry !== undefined; entry = exchange.results.next) {
    entries.push([cellOf(entry) + 1, isByMessage(entry)]);
    exchange.results.pass();
  }
  expect(entries.map(([id]) => id)).toEqual([...ended, 6]);
  expect(entries.filter(([, isPosted]) => isPosted).map(([id]) => id)).toEqual([2, 3, 4, 6]);
  // In the order of their places, and each with or behind what it has to follow.
  expect(sent.flatMap(({ results }) => results ?? [])).toEqual([2, 3, 4, { id: 6, outcome: { kind: 'skipped' } }]);
  const first = (is: (message: FromWorker) => unknown) => sent.findIndex((message) => is(message) !== undefined);
  const result = (id: number) => sent.findIndex(({ results }) => results?.includes(id) === true);
  expect(first(({ buffered }) => buffered)).toBeLessThanOrEqual(result(2));
  expect(first(({ output }) => output)).toBeLessThanOrEqual(result(3));
  expect(first(({ ask }) => ask)).toBeLessThan(result(4));
});

test('publishes go packed where all of them can be, else one by one and in order', async () => {
  const { outbox, sent } = testOutbox();
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

test('publishes that are many are posted within the turn, the rest at its end', async () => {
  const { outbox, sent } = testOutbox();
  const counts = () => sent.map(({ packed }) => packed?.count);
  const publish = (count: number) => {
    for (let id = 1; id <= count; id++) outbox.publish({ id, call: id, request });
  };
  publish(MANY_PUBLISHES);
  // Not while the guest's code runs.
  expect(counts()).toEqual([]);
  await Promise.resolve();
  expect(counts()).toEqual([MANY_PUBLISHES]);
  publish(MANY_PUBLISHES - 1);
  await Promise.resolve();
  expect(counts()).toEqual([MANY_PUBLISHES]);
  await new Promise(setImmediate);
  expect(counts()).toEqual([MANY_PUBLISHES, MANY_PUBLISHES - 1]);
});
