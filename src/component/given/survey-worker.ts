/** What {@link surveyModule} runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import type { SurveyAnswer } from './survey.ts';

async function answer(): Promise<SurveyAnswer> {
  try {
    const module: Record<string, unknown> = await import(workerData as string);
    return { functions: Object.keys(module).filter((name) => typeof module[name] === 'function') };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

parentPort?.postMessage(await answer());
