import { afterEach, expect, it } from 'vitest';
import type { FromWorker } from '../../../src/component/exchange/protocol.ts';
import { startEarly, takeEarly } from '../../../src/component/pool/early.ts';
import { HEAP, type Thread } from '../../../src/component/pool/thread.ts';

const workerUrl = new URL('../support/worker.ts', import.meta.url);
const heap = HEAP;
/** Generated code that takes a turn of the event loop to load. */
const SLOW = 'await new Promise(setImmediate); export const instantiate = () => ({})';

const threads: Thread[] = [];
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.end()));
});

function take(url = workerUrl, size = heap): Thread | undefined {
  const thread = takeEarly({ workerUrl: url, heap: size });
  if (thread !== undefined) threads.push(thread);
  return thread;
}

it('is handed out once, to whoever would start the like', () => {
  startEarly(workerUrl);
  expect(take(new URL('./other.ts', import.meta.url))).toBeUndefined();
  expect(take(workerUrl, heap + 1)).toBeUndefined();
  expect(take()).toBeDefined();
  expect(take()).toBeUndefined();
});

it('is started once, however often it is asked for', () => {
  startEarly(workerUrl);
  startEarly(workerUrl);
  expect(take()).toBeDefined();
  expect(take()).toBeUndefined();
});

it('says why it has died when it is used', async () => {
  const url = new URL('./no-such-worker.ts', import.meta.url);
  startEarly(url);
  const thread = take(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  thread?.attach({ message: () => {}, results: () => {}, line: () => {}, ended: resolve });
  expect(await promise).toMatch(/no-such-worker/);
});

it('loses nothing that is sent right behind its setup', async () => {
  startEarly(workerUrl);
  const thread = take();
  const started = Promise.withResolvers<FromWorker>();
  const ended = (reason: string) => started.reject(new Error(reason));
  thread?.attach({ message: started.resolve, results: () => {}, line: () => {}, ended });
  const entry = `data:text/javascript,${encodeURIComponent(SLOW)}`;
  const empty = { cores: new Map(), waits: new Map(), links: [], env: {}, args: [], rules: undefined };
  thread?.setUp({ setup: { entry, mode: 'sync', ...empty }, delivers: false });
  thread?.start();
  expect(await started.promise).toEqual({ started: '' });
});
