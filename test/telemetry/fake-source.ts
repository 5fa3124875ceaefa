import type { MetricsSource } from '../../src/telemetry/index.ts';

type Values = { [K in keyof MetricsSource]: ReturnType<MetricsSource[K]> };

/** A source whose answers the test changes; one subscribed binding `b0` and nothing else unless told. */
export function fakeSource(values: Partial<Values> = {}): MetricsSource & { values: Values } {
  const all: Values = {
    bindings: [{ binding: 'b0', inFlight: 0, inFlightBytes: 0, spilled: 0, subscribed: true }],
    publishers: [],
    journal: undefined,
    workers: 1,
    ready: { ready: true, reasons: [] },
    ...values,
  };
  return {
    values: all,
    bindings: () => all.bindings,
    publishers: () => all.publishers,
    journal: () => all.journal,
    workers: () => all.workers,
    ready: () => all.ready,
  };
}
