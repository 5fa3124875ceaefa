import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HostError, messageOf } from '../errors.ts';
import type { Transpiled, Transpiler } from './transpile.ts';

export type TranspileAnswer = { readonly transpiled: Transpiled } | { readonly fault: string };

const SCRIPT = new URL(`./transpile-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
/** Large components take seconds; one that takes this long was made to (milliseconds). */
const PATIENCE = 120_000;
/** JavaScript heap of the thread, in MiB. */
const HEAP = 1_024;

async function answerOf(thread: Worker): Promise<TranspileAnswer> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const ended = once(thread, 'exit', { signal }).then(() => {
      throw new Error('the transpiler ended without an answer');
    });
    const [answer] = await Promise.race([once(thread, 'message', { signal }), ended]);
    return answer as TranspileAnswer;
  } catch (error) {
    return { fault: signal.aborted ? `it was not transpiled within ${PATIENCE / 1_000} s` : messageOf(error) };
  }
}

/**
 * Runs the transpiler in a thread of its own: a component on which it panics, loops or runs out of memory ends that
 * thread and nothing else, and what it holds (some 100 MB) is given back.
 * @throws {HostError} ERR_COMPONENT_INVALID where jco refuses the component.
 */
export const transpileInThread: Transpiler = async (bytes, options) => {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP };
  const thread = new Worker(SCRIPT, { workerData: { bytes, options }, stdout: true, stderr: true, resourceLimits });
  // A panic is traced there; the user gets the one line of the error.
  thread.stdout.resume();
  thread.stderr.resume();
  try {
    const answer = await answerOf(thread);
    if ('transpiled' in answer) return answer.transpiled;
    throw new HostError('ERR_COMPONENT_INVALID', answer.fault);
  } finally {
    await thread.terminate();
  }
};
