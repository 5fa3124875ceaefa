import { setImmediate as nextTurn } from 'node:timers/promises';
import { camelCase } from './generated.ts';

/** Told when the guest starts to wait and before it goes on. */
export interface Waiting {
  /** Returns what is to be called, and waited for, before the guest goes on. */
  begin(): () => Promise<void> | undefined;
}

/** Waiting calls that may complete in a row before the event loop gets its turn. */
const STRETCH = 64;

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * An interface whose waiting functions let the event loop take a turn now and then: a guest that loops on an import
 * that resolves at once would otherwise keep timers and messages from every other call of its worker.
 */
export function yielding(
  functions: Record<string, unknown> | undefined,
  names: readonly string[],
  waiting: Waiting,
): Record<string, unknown> {
  const wrapped: Record<string, unknown> = { ...functions };
  let left = STRETCH;
  for (const name of names.map(camelCase)) {
    const original = wrapped[name] as AnyFunction | undefined;
    if (original === undefined) continue;
    wrapped[name] = async (...args: unknown[]) => {
      const end = waiting.begin();
      try {
        if (--left <= 0) {
          await nextTurn();
          left = STRETCH;
        }
        return await original(...args);
      } finally {
        await end();
      }
    };
  }
  return wrapped;
}
