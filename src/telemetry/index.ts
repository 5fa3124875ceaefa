export { combine } from './combine.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
export { type MetricsServer, serveMetrics } from './server.ts';
export { shield } from './shield.ts';
export type { MetricsSource } from './source.ts';
export { StatusStreams } from './status-streams.ts';
export { createTelemetry, type TelemetryOptions } from './telemetry.ts';
