import { parentPort, workerData } from 'node:worker_threads';
import { Ring } from '../../../src/component/exchange/ring.ts';

/** Reads whenever it is told to, and says what it has read when there were as many as `count`, or what was out of order. */
const { buffer, count } = workerData as { readonly buffer: SharedArrayBuffer; readonly count: number };
const ring = new Ring(buffer, 0);
let expected = 0;

parentPort?.on('message', () => {
  do {
    for (let entry = ring.next; entry !== undefined; entry = ring.next) {
      if (entry !== expected) parentPort?.postMessage(`${entry} instead of ${expected}`);
      expected++;
      ring.pass();
    }
  } while (!ring.rest());
  if (expected === count) parentPort?.postMessage('all');
});
parentPort?.postMessage('ready');
