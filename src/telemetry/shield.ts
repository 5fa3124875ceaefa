import { messageOf } from '../errors.ts';
import type { HostStatus, Telemetry } from '../status.ts';
import type { LogLevel } from '../types.ts';

class Shield implements Telemetry {
  readonly #telemetry: Telemetry;
  readonly #broken: (text: string) => void;
  #works = true;

  constructor(telemetry: Telemetry, broken: (text: string) => void) {
    this.#telemetry = telemetry;
    this.#broken = broken;
  }

  report(status: HostStatus): void {
    if (!this.#works) return;
    try {
      this.#telemetry.report(status);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  wants(level: LogLevel): boolean {
    if (!this.#works) return false;
    try {
      return this.#telemetry.wants(level);
    } catch (thrown) {
      this.#failed(thrown);
      return false;
    }
  }

  #failed(thrown: unknown): void {
    this.#works = false;
    this.#broken(messageOf(thrown));
  }
}

/**
 * Telemetry that is not ours: it is called deep inside of what it must not stop, so its first error is its last call.
 * `broken` is told of it.
 */
export function shield(telemetry: Telemetry, broken: (text: string) => void): Telemetry {
  return new Shield(telemetry, broken);
}
