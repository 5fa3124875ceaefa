export { combine } from './combine.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
export { type MetricsServer, serveMetrics } from './server.ts';
export type { MetricsSource } from './source.ts';
export { createTelemetry, type TelemetryOptions } from './telemetry.ts';
