import type { Telemetry } from '../status.ts';

/** Telemetry that reports to all of these, in that order, and wants what any of them wants. */
export function combine(...all: readonly Telemetry[]): Telemetry {
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  return {
    report(status) {
      for (const one of all) one.report(status);
    },
    wants: (level) => all.some((one) => one.wants(level)),
  };
}
