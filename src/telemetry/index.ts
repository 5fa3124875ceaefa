export { createTelemetry, type TelemetryOptions } from './telemetry.ts';
