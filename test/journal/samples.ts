import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type OpenDatabase, openDatabase } from '../../src/journal/database.ts';
import { ensureFolder, JOURNAL_FILE } from '../../src/journal/folder.ts';
import { type Journal, type JournalOptions, openJournal } from '../../src/journal/index.ts';
import type { DeadLetter, RememberedSession } from '../../src/types.ts';
import { atEnd } from '../support/cleanup.ts';
import { tempDirectory } from '../support/temp.ts';

export function letter(changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    binding: 'readings',
    topic: 'sensors/1/temperature',
    qos: 1,
    event: { id: 'e-1', source: '/sensors/1', type: 'reading', data: new Uint8Array([1, 2, 3]) },
    properties: { userProperties: [] },
    error: 'trap: unreachable',
    attempts: 8,
    firstAt: 1_700_000_000_000,
    deadAt: 1_700_000_060_000,
    ...changes,
  };
}

export function session(changes: Partial<RememberedSession> = {}): RememberedSession {
  return {
    clientId: 'app-b0-abcd1234',
    binding: 'b0',
    kind: 'queue',
    broker: 'mqtt://localhost:1883',
    protocol: 5,
    qos: 2,
    filters: ['user/+'],
    subscribed: ['$share/app/user/+'],
    inDoubt: false,
    ...changes,
  };
}

/** A journal in a folder of its own unless told; closed at the end of the test. */
export async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal({ dir: tempDirectory('journal'), durability: 'process', ...options });
  atEnd(() => journal.close());
  return journal;
}

/** A journal's database without the journal's objects, closed at the end of the test. */
export function openBare(dir: string = tempDirectory('journal')): OpenDatabase {
  const opened = openDatabase(join(ensureFolder(dir), JOURNAL_FILE), 'process');
  atEnd(() => close(opened.database));
  return opened;
}

export function close(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}

/** The code of the HostError that `act` throws or rejects with; its message must match every pattern. */
export async function refusal(act: () => unknown, ...patterns: (RegExp | string)[]): Promise<string> {
  const error = await Promise.resolve()
    .then(act)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(error instanceof Error) || !('code' in error)) throw new Error(`expected a HostError, found ${String(error)}`);
  for (const pattern of patterns) {
    if (error.message.search(pattern) < 0) throw new Error(`no ${pattern} in: ${error.message}`);
  }
  return String(error.code);
}
