import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/journal/database/schema.ts';
import { type JournalView, readJournal } from '../../../src/journal/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { tempDirectory } from '../../support/temp.ts';
import { journalProcess } from '../process.ts';
import { die, listed, open, refusal, session } from '../samples.ts';

function view(dir: string): JournalView {
  const opened = readJournal(dir);
  atEnd(() => opened.close());
  return opened;
}

describe('a view of the journal', () => {
  it('shows a running app what is committed, call by call, and holds up nothing', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    const seen = view(dir);
    expect(seen.instance).toBe(journal.sessions.instance);
    expect(seen.deadLetters()).toEqual([]);
    await die(journal);
    await journal.sessions.save(session());
    expect(seen.deadLetters()).toStrictEqual([listed(1)]);
    expect([seen.deadLetter(1), seen.deadLetter(2)]).toStrictEqual([listed(1), undefined]);
    expect(seen.size()).toMatchObject({ deadLetters: 1, bytes: journal.size().bytes });
    expect(seen.sessions()).toStrictEqual([session()]);
    await journal.deadLetters.expire(Number.MAX_SAFE_INTEGER);
    expect(seen.deadLetters()).toEqual([]);
  });

  it('shows a stopped app, and does not keep it from starting', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    await die(journal);
    await journal.close();
    const seen = view(dir);
    expect(seen.deadLetters()).toHaveLength(1);
    const again = await open({ dir });
    await die(again);
    expect(seen.deadLetters()).toHaveLength(2);
    await again.close();
    expect(seen.deadLetters()).toHaveLength(2);
  });

  it('shows an app that was killed, whose commits are still in the WAL', async () => {
    const dir = tempDirectory('journal');
    const writer = journalProcess(dir, 'process', 'write');
    await writer.waitFor(/^done 9$/m);
    await writer.kill('SIGKILL');
    expect(view(dir).deadLetters().length).toBeGreaterThanOrEqual(10);
    expect((await open({ dir })).deadLetters.list().length).toBeGreaterThanOrEqual(10);
  });

  it('needs no lock', async () => {
    const dir = tempDirectory('journal');
    await (await open({ dir })).close();
    rmSync(join(dir, 'lock.db'));
    mkdirSync(join(dir, 'lock.db'));
    expect(view(dir).sessions()).toEqual([]);
  });

  it('is refused where there is no journal, naming --state-dir', async () => {
    const dir = tempDirectory('journal');
    expect(await refusal(() => readJournal(dir), dir, '--state-dir')).toBe('ERR_STATE_DIR');
    new DatabaseSync(join(dir, 'journal.db')).close();
    expect(await refusal(() => readJournal(dir), dir, '--state-dir')).toBe('ERR_STATE_DIR');
  });

  it('is refused for the schema of another version', async () => {
    const dir = tempDirectory('journal');
    await (await open({ dir })).close();
    const database = new DatabaseSync(join(dir, 'journal.db'));
    atEnd(() => database.close());
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(await refusal(() => readJournal(dir), /newer version/)).toBe('ERR_STATE_VERSION');
  });
});
