import { messageOf } from '../errors.ts';
import type { Telemetry } from '../status.ts';

/**
 * Telemetry that is not ours: it is called deep inside of what it must not stop, so its first error is its last call.
 * `broken` is told of it.
 */
export function shield(telemetry: Telemetry, broken: (text: string) => void): Telemetry {
  let works = true;
  const attempt = <T>(call: () => T, otherwise: T): T => {
    if (!works) return otherwise;
    try {
      return call();
    } catch (thrown) {
      works = false;
      broken(messageOf(thrown));
      return otherwise;
    }
  };
  return {
    report: (status) => attempt(() => telemetry.report(status), undefined),
    wants: (level) => attempt(() => telemetry.wants(level), false),
  };
}
