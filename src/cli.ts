/** What only this package's own command line needs beside `index.ts`; not part of the public interface. */
export { type EmbeddedBroker, startEmbeddedBroker } from './broker/index.ts';
export { checkApp } from './check.ts';
export { isLoopback, loadConfig, parseBrokerUrl } from './config/index.ts';
export { messageOf } from './errors.ts';
export * from './index.ts';
export { createTelemetry } from './telemetry/index.ts';
