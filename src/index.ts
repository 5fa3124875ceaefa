export type * from './broker.ts';
export type { CommandEnd } from './command.ts';
export type * from './config/model.ts';
export { HostError, type HostErrorCode } from './errors.ts';
export type * from './guest.ts';
export { createHost, type Host, type HostOptions } from './host.ts';
export type * from './journal.ts';
export type * from './status.ts';
export type * from './types.ts';
