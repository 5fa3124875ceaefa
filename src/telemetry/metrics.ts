import type { HostStatus, Telemetry } from '../status.ts';
import { Counters } from './counters.ts';
import { Exposition } from './exposition.ts';
import { writeCounters } from './families.ts';
import { readSource, writeGauges } from './gauges.ts';
import { writeProcess } from './process.ts';
import type { MetricsSource } from './source.ts';

export interface MetricsOptions {
  readonly app: string;
  /** Of the host. */
  readonly version?: string | undefined;
}

export interface Metrics extends Telemetry {
  /**
   * The page at `/metrics`: the Prometheus text format, version 0.0.4. What the source throws passes through.
   * `eventLoopLag` is seconds.
   */
  render(source: MetricsSource, eventLoopLag: number): string;
}

class CountingMetrics implements Metrics {
  readonly #options: MetricsOptions;
  readonly #counters = new Counters();

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** Always: a count must not depend on the level of the log. */
  wants(): boolean {
    return true;
  }

  report(status: HostStatus): void {
    this.#counters.count(status);
  }

  render(source: MetricsSource, eventLoopLag: number): string {
    const { app, version = '' } = this.#options;
    const now = readSource(source);
    // Every binding is on the page from the start: a counter that appears at 1 shows no increase.
    for (const { binding } of [...now.bindings, ...now.publishers]) this.#counters.of(binding);
    const page = new Exposition();
    page.gauge('host_info', 'What runs here.', [[{ app, version }, 1]]);
    writeCounters(page, this.#counters);
    writeGauges(page, now);
    writeProcess(page, eventLoopLag);
    return page.toString();
  }
}

/**
 * Counts every status, by binding and never by topic, so that its size is bounded by the config. Telemetry beside it
 * filters by its own level: {@link Telemetry.wants} is true for every level here.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  return new CountingMetrics(options);
}
