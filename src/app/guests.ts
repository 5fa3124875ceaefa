import { basename } from 'node:path';
import {
  type CommandOptions,
  checkGiven,
  createPool,
  linkGiven,
  type OpenedComponent,
  openComponent,
  type PoolOptions,
  prepareComponent,
  resolveCacheDir,
  type StartableGuestPool,
  surveyModule,
} from '../component/index.ts';
import type { HostConfig } from '../config/index.ts';
import type { CustomInterface, GuestInvoke, InterfaceLink } from '../guest.ts';
import { createInvoke, providedInterfaces, readInterfaces } from '../interfaces/index.ts';
import { WORKER_URL } from './guest-thread.ts';

export type HandlerOptions = Omit<PoolOptions, 'instances' | 'workers'>;
type Guest = Pick<CommandOptions, 'component' | 'workerUrl' | 'env' | 'args' | 'invoke'>;

/** Interfaces of the library's user, linked to a component that was opened. */
export interface LinkedInterfaces {
  readonly links: readonly InterfaceLink[];
  readonly invoke: GuestInvoke;
}

export interface OpenedGuest extends OpenedComponent {
  readonly interfaces: LinkedInterfaces;
  readonly warnings: readonly string[];
}

/**
 * Opens a component that may import interfaces of the library's user, by name, and makes sure that these have every
 * function that it imports. Modules are loaded for that in a thread of their own.
 * @throws HostError ERR_COMPONENT_…, ERR_INTERFACE_INVALID, ERR_INTERFACE_MODULE
 */
export async function openGuest(
  path: string,
  interfaces: Readonly<Record<string, CustomInterface>>,
): Promise<OpenedGuest> {
  const { given, functions } = readInterfaces(interfaces, providedInterfaces);
  const provided = given.map(({ name, version }) => ({ name, version, waits: [] }));
  const opened = await openComponent(path, [...providedInterfaces, ...provided]);
  const { links, unused } = linkGiven(opened.inspection, given, path);
  for (const link of links) {
    const { key, module } = link;
    const offered = module === undefined ? [...(functions.get(key)?.keys() ?? [])] : await surveyModule(link, module);
    checkGiven(link, offered, path);
  }
  const warnings = unused.map((key) => `interfaces: "${key}" was given, and ${path} does not import it`);
  return { ...opened, interfaces: { links, invoke: createInvoke(functions) }, warnings };
}

/**
 * What the component at `path` is run with, wherever it is run; its file name is argument 0. `buffers`: every publish of
 * it is part of a transaction.
 */
export async function prepareGuest(
  { guest, cacheDir, stateDir }: HostConfig,
  path: string,
  { bytes, inspection, interfaces }: OpenedComponent & Partial<Pick<OpenedGuest, 'interfaces'>>,
  buffers = false,
): Promise<Guest> {
  const component = await prepareComponent(bytes, {
    cacheDir: await resolveCacheDir(cacheDir, process.env, stateDir),
    inspection,
    provided: providedInterfaces,
    links: interfaces?.links,
    memory: guest.memory,
    buffers,
  });
  const args = [basename(path), ...guest.args];
  return { component, workerUrl: WORKER_URL, env: guest.env, args, invoke: interfaces?.invoke };
}

/** The pool of handlers; its first instance is made by `start`. */
export function handlerPool({ guest }: HostConfig, options: HandlerOptions): StartableGuestPool {
  const { instances, workers } = guest;
  return createPool({ ...options, instances, workers });
}
