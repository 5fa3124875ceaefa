export type { Durability } from './database.ts';
export type { StoredDeadLetter } from './dead-letters.ts';
export { type Journal, type JournalOptions, openJournal } from './journal.ts';
export type { Publishers } from './publishers.ts';
export { type JournalView, readJournal } from './view.ts';
