import { basename } from 'node:path';
import {
  type CommandOptions,
  createPool,
  type OpenedComponent,
  prepareComponent,
  resolveCacheDir,
  type StartableGuestPool,
} from './component/index.ts';
import type { HostConfig } from './config/index.ts';
import { providedInterfaces } from './interfaces/index.ts';

/** The worker's own composition root, beside this file in the source and in the published package. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

type Guest = Pick<CommandOptions, 'component' | 'workerUrl' | 'env' | 'args'>;

/** What the component at `path` is run with, wherever it is run; its file name is argument 0. */
export async function prepareGuest(
  { guest, cacheDir, stateDir }: HostConfig,
  path: string,
  { bytes, inspection }: OpenedComponent,
): Promise<Guest> {
  const component = await prepareComponent(bytes, {
    cacheDir: await resolveCacheDir(cacheDir, process.env, stateDir),
    inspection,
    provided: providedInterfaces,
    memory: guest.memory,
  });
  const args = [basename(path), ...guest.args];
  return { component, workerUrl: WORKER_URL, env: guest.env, args };
}

/** The pool of handlers; its first instance is made by `start`. */
export function handlerPool({ guest }: HostConfig, options: CommandOptions): StartableGuestPool {
  const { instances, workers } = guest;
  return createPool({ ...options, instances, workers });
}
