import type { Connected } from '../../broker.ts';

/** What is wrong with a connection that a driver tells of, after one of epoch `last`. */
export function connectionFault(connection: Connected, last: number): string | undefined {
  const { epoch, protocol, sessionPresent, address } = connection;
  if (!Number.isSafeInteger(epoch) || epoch <= last) return `its epoch is ${String(epoch)} after ${last}`;
  if (protocol !== 4 && protocol !== 5) return `its protocol is ${String(protocol)}, not 5 or 4`;
  if (typeof sessionPresent !== 'boolean') return `its sessionPresent is ${String(sessionPresent)}`;
  if (typeof address?.display !== 'string') return 'its address is none of the binding';
  return undefined;
}
