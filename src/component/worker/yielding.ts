import { setImmediate as nextTurn } from 'node:timers/promises';
import { camelCase } from './generated.ts';

/** Told when the guest starts to wait and before it goes on. */
export interface Waiting {
  /** Returns what is to be called before the guest goes on, with what has it go on: that is called at once, or later. */
  begin(): (go: () => void) => void;
}

/** Waiting calls that may complete in a row before the event loop gets its turn. */
const STRETCH = 64;

type AnyFunction = (...args: unknown[]) => unknown;

/** Never throws. */
function called(original: AnyFunction, args: readonly unknown[]): Promise<unknown> {
  try {
    return Promise.resolve(original(...args));
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

/** What is answered, once the guest may go on. One promise, where an async function has several. */
function goingOn(answer: Promise<unknown>, end: (go: () => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => end(() => resolve(value)),
      (thrown) => end(() => reject(thrown)),
    );
  });
}

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
    wrapped[name] = (...args: unknown[]) => {
      const end = waiting.begin();
      if (--left > 0) return goingOn(called(original, args), end);
      const later = nextTurn().then(() => {
        left = STRETCH;
        return original(...args);
      });
      return goingOn(later, end);
    };
  }
  return wrapped;
}
