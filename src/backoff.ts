export interface BackoffOptions {
  /** Delay before the first retry, in milliseconds. */
  readonly initial: number;
  readonly max: number;
  /** Share of the delay that is drawn at random, 0 to 1, so that hosts that failed together do not return together. */
  readonly jitter: number;
}

/** Milliseconds to wait after failure number `failures` (from 1): doubling from `initial` to `max`, then jittered. */
export function backoffDelay(options: BackoffOptions, failures: number, random: () => number = Math.random): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 52);
  const delay = Math.min(options.initial * 2 ** exponent, options.max);
  return Math.round(delay * (1 - options.jitter + 2 * options.jitter * random()));
}
