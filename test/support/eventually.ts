import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Milliseconds until it gives up; 10 s unless told. */
  readonly timeout?: number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/**
 * Calls `look` until it neither throws nor returns `false` or `undefined`, and returns what it returned. Gives up with
 * the last error, so that an `expect` inside reports what it saw.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { timeout = 10_000, interval = 15 }: EventuallyOptions = {},
): Promise<Exclude<Awaited<T>, false | undefined>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    let failure: unknown = new Error(`not so within ${timeout} ms: ${look.toString()}`);
    try {
      const value = await look();
      if (value !== false && value !== undefined) return value as Exclude<Awaited<T>, false | undefined>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw failure;
    await delay(interval);
  }
}

/** `promise`, or an error naming `what` after `timeout` milliseconds. */
export async function within<T>(promise: Promise<T>, timeout: number, what: string | (() => string)): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`not within ${timeout} ms: ${typeof what === 'string' ? what : what()}`));
  }, timeout);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
