export type { DriverInfo } from './binding.ts';
export { isLocal, sameBroker } from './connection.ts';
export { checkWarnings, describeConfig } from './describe.ts';
export { type LoadOptions, loadConfig, parseConfig } from './load.ts';
export { isLoopback } from './loopback.ts';
export type * from './model.ts';
export { brokerIdentity, isRememberedBroker, type KnownBinding, nameBindings } from './names.ts';
export { formatDuration, formatSize } from './units.ts';
export { parseBrokerUrl } from './url.ts';
