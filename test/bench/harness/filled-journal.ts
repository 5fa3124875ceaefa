import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openJournal } from '../../../src/journal/index.ts';

export type RowKind = 'dead letters' | 'dedup keys';

const JOURNAL = 'journal.db';
/** Made by one statement, from `row` 1 to the number that is asked for. */
const INSERT: Readonly<Record<RowKind, string>> = {
  'dedup keys': `INSERT INTO handled (binding, source, event_id, until)
    SELECT 'b0', '/bench/earlier', printf('%012d', row), $until FROM rows`,
  'dead letters': `INSERT INTO dead_letters
      (kind, binding, topic, qos, retained, raw, head, data, error, attempts, first_at, dead_at)
    SELECT 'message', 'b0', 'bench/0000', 2, 0, 0, letter.head, letter.data, 'other: bench', 8, $now, $now
    FROM rows, (SELECT $head AS head, zeroblob(64) AS data) AS letter`,
};
const ROWS = 'WITH RECURSIVE rows (row) AS (SELECT 1 UNION ALL SELECT row + 1 FROM rows WHERE row < $count)';
const WEEK = 7 * 24 * 3_600_000;

/**
 * Makes a journal with so many rows once, in `folder`, and returns what puts a copy of it into a state_dir. Written
 * straight into the tables: through the host it would take minutes.
 */
export async function filledJournal(folder: string, kind: RowKind, count: number): Promise<(stateDir: string) => void> {
  const path = join(folder, JOURNAL);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const failed = (error: Error) => {
      throw error;
    };
    await (await openJournal({ dir: folder, durability: 'process', onFailure: failed })).close();
    const database = new DatabaseSync(path);
    const now = Date.now();
    const head = JSON.stringify({ id: 'bench', source: '/bench/earlier', type: 'com.example.bench.measured' });
    const more = kind === 'dedup keys' ? { until: now + WEEK } : { now, head };
    if (count > 0) database.prepare(`${ROWS} ${INSERT[kind]}`).run({ count, ...more });
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
  }
  return (stateDir) => {
    mkdirSync(stateDir, { recursive: true });
    copyFileSync(path, join(stateDir, JOURNAL));
  };
}
