import type { Telemetry } from '../status.ts';

/** Asked several times for each message: without lists and closures. */
function both(first: Telemetry, second: Telemetry): Telemetry {
  return {
    report(status) {
      first.report(status);
      second.report(status);
    },
    // What counts comes last, and wants everything.
    wants: (level) => second.wants(level) || first.wants(level),
  };
}

/** Telemetry that reports to all of these, in that order, and wants what any of them wants. */
export function combine(...all: readonly Telemetry[]): Telemetry {
  const [first, second, ...others] = all;
  if (first !== undefined && second === undefined) return first;
  if (first !== undefined && second !== undefined)
    return both(first, others.length > 0 ? combine(second, ...others) : second);
  return { report() {}, wants: () => false };
}
