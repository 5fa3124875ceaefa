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
export const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** What the component at `path` is run with, in the pool and as a command; its file name is argument 0. */
export async function guestOptions(
  { guest, cacheDir, stateDir }: HostConfig,
  path: string,
  { bytes, inspection }: OpenedComponent,
  ports: Pick<CommandOptions, 'publish' | 'openPull' | 'telemetry'>,
): Promise<CommandOptions> {
  const component = await prepareComponent(bytes, {
    cacheDir: await resolveCacheDir(cacheDir, process.env, stateDir),
    inspection,
    provided: providedInterfaces,
    memory: guest.memory,
  });
  const args = [basename(path), ...guest.args];
  return { component, workerUrl: WORKER_URL, env: guest.env, args, ...ports };
}

/** The pool of handlers; its first instance is made by `start`. */
export function handlerPool({ guest }: HostConfig, options: CommandOptions): StartableGuestPool {
  const { instances, workers } = guest;
  return createPool({ ...options, instances, workers });
}
