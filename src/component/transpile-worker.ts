/** What {@link transpileInThread} runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import { type TranspileOptions, transpileWithJco } from './transpile.ts';
import type { TranspileAnswer } from './transpile-thread.ts';

const { bytes, options } = workerData as { bytes: Uint8Array; options: TranspileOptions };

async function answer(): Promise<TranspileAnswer> {
  try {
    return { transpiled: await transpileWithJco(bytes, options) };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

parentPort?.postMessage(await answer());
