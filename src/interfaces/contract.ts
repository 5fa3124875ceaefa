import type { GuestContext, ProvidedInterface } from '../guest.ts';

/** One WIT interface as the host provides it. */
export interface Contract extends ProvidedInterface {
  /** What one guest instance links to: functions in camelCase, resources as classes in PascalCase. */
  create(context: GuestContext): Record<string, unknown>;
}

/** A contract whose functions never wait and whose state, if any, is made by `create`. */
export function contract(name: string, version: string, create: Contract['create']): Contract {
  return { name, version, waits: [], create };
}

/** The WASI release whose functions are all provided; earlier 0.2 releases have a subset. */
export const WASI_VERSION = '0.2.12';
