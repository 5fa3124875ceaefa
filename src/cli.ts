/** What only this package's own command line needs beside `index.ts`; not part of the public interface. */
export { type EmbeddedBroker, startEmbeddedBroker } from './broker/index.ts';
export { buildGuest } from './build.ts';
export { checkApp } from './check.ts';
export {
  isLoopback,
  loadConfig,
  nameBindings,
  parseBrokerUrl,
} from './config/index.ts';
export { nearest } from './config/suggest.ts';
export { messageOf } from './errors.ts';
export { identityOf, isSessionOf, publisherKeys } from './identity.ts';
export * from './index.ts';
export {
  forgetState,
  type Holding,
  type JournalView,
  purgeDeadLetters,
  type RememberedPublisher,
  type Requested,
  readJournal,
  replayDeadLetters,
} from './journal/index.ts';
export type { ListedDeadLetter, RememberedSession } from './journal.ts';
export { groupPublishers } from './publish/index.ts';
export { openRehearsal, type Rehearsal, type Rehearsed, type RehearsedMessage } from './rehearsal.ts';
export { createTelemetry } from './telemetry/index.ts';
export { assembleWit, missingTools, shipped, type Tool, toolSpecs } from './toolchain/index.ts';
export { hostVersion } from './version.ts';
export { counted } from './words.ts';
