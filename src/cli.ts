/** What only this package's own command line needs beside `index.ts`; not part of the public interface. */

export { buildGuest } from './app/build.ts';
export { checkApp } from './app/check.ts';
export { identityOf, isSessionOf, publisherKeys } from './app/identity.ts';
export { openRehearsal, type Rehearsal, type Rehearsed, type RehearsedMessage } from './app/rehearsal.ts';
export { type EmbeddedBroker, startEmbeddedBroker } from './broker/index.ts';
export {
  isLoopback,
  loadConfig,
  nameBindings,
  parseBrokerUrl,
} from './config/index.ts';
export { counted, messageOf, nearest } from './early.ts';
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
export { createTelemetry } from './telemetry/index.ts';
export { assembleWit, missingTools, shipped, type Tool, toolSpecs } from './toolchain/index.ts';
