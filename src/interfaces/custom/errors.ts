import { messageOf } from '../../errors.ts';
import type { LinkedFunction } from '../../guest.ts';
import { GuestTrap, WitError } from '../wit-error.ts';

/**
 * The typed error in what a function threw, by jco's rule: an object's own `payload`, or a value that is no `Error`.
 * Undefined for any other error.
 */
export function typedError(thrown: unknown): { readonly payload: unknown } | undefined {
  if (typeof thrown === 'object' && thrown !== null && Object.hasOwn(thrown, 'payload'))
    return { payload: (thrown as { readonly payload: unknown }).payload };
  return thrown instanceof Error ? undefined : { payload: thrown };
}

/** Ends the guest's call: the function `js` of the import `path` did what it must not. */
export function fault(path: string, { js }: LinkedFunction, what: string): GuestTrap {
  return new GuestTrap(`${path}#${js} ${what}`);
}

/**
 * What an import throws to hand on a typed error. A function without a `result` has none: its error must not reach the
 * guest's caller, who would take it for the handler's own and use the instance again.
 */
export function typedOrFault(path: string, linked: LinkedFunction, payload: unknown): Error {
  if (linked.fallible) return new WitError(payload, 'a typed error');
  return fault(
    path,
    linked,
    `threw ${payload instanceof Error ? messageOf(payload) : 'a value'}, and its WIT type has no error`,
  );
}
