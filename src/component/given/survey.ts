import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HostError, messageOf } from '../../errors.ts';
import type { InterfaceLink } from '../../guest.ts';
import { inheritedOptions } from '../pool/thread.ts';

export type SurveyAnswer = { readonly functions: readonly string[] } | { readonly fault: string };

const SCRIPT = new URL(`./survey-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
/** Milliseconds that a module has to load. */
const PATIENCE = 30_000;

async function answerOf(thread: Worker): Promise<SurveyAnswer> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const ended = once(thread, 'exit', { signal }).then(() => {
      throw new Error('its thread ended while it was loading');
    });
    const [answer] = await Promise.race([once(thread, 'message', { signal }), ended]);
    return answer as SurveyAnswer;
  } catch (error) {
    return { fault: signal.aborted ? `it did not load within ${PATIENCE / 1_000} s` : messageOf(error) };
  }
}

/**
 * Loads the module of a link in a thread as guests have it, and says which functions it exports: so that what is wrong
 * with it shows before anything connects, and its code never runs on the main thread.
 * @throws {HostError} ERR_INTERFACE_MODULE where it does not load.
 */
export async function surveyModule({ key }: InterfaceLink, module: string): Promise<readonly string[]> {
  const execArgv = inheritedOptions([...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]);
  const io = { stdin: false, stdout: true, stderr: true };
  const thread = new Worker(SCRIPT, { workerData: module, env: {}, argv: [], execArgv, ...io });
  thread.stdout.resume();
  thread.stderr.resume();
  try {
    const answer = await answerOf(thread);
    if ('functions' in answer) return answer.functions;
    const text = `interfaces: the module ${module} of "${key}" cannot be loaded in a worker: ${answer.fault}`;
    throw new HostError('ERR_INTERFACE_MODULE', text);
  } finally {
    await thread.terminate();
  }
}
