import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/journal/database/database.ts';
import { ensureFolder, networkFilesystem } from '../../src/journal/database/folder.ts';
import { SCHEMA_VERSION } from '../../src/journal/database/schema.ts';
import { openJournal } from '../../src/journal/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { tempDirectory } from '../support/temp.ts';
import { die, letter, open, refusal, session } from './samples.ts';

const attempt = (dir: string) => () => openJournal({ dir, durability: 'process' });

async function closedJournal(): Promise<{ dir: string; path: string; instance: string }> {
  const dir = tempDirectory('journal');
  const journal = await open({ dir });
  await journal.sessions.save(session());
  await journal.close();
  return { dir, path: join(dir, 'journal.db'), instance: journal.sessions.instance };
}

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

describe('the state folder', () => {
  it('is made with its parents, for this user alone', async () => {
    const dir = join(tempDirectory('journal'), '.host', 'app');
    await open({ dir });
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(dir)).toBe('700');
    for (const name of readdirSync(dir)) expect(`${name} ${mode(join(dir, name))}`).toBe(`${name} 600`);
    expect(readdirSync(dir).toSorted()).toEqual([
      'ballast',
      'journal.db',
      'journal.db-shm',
      'journal.db-wal',
      'lock.db',
    ]);
  });

  it('names --state-dir where it cannot be made', async () => {
    const file = join(tempDirectory('journal'), 'file');
    writeFileSync(file, '');
    const impossible = [file, join(file, 'below'), join(file, 'far', 'below'), '/proc/host', '/proc/host/below'];
    for (const dir of impossible) expect(await refusal(attempt(dir), dir, '--state-dir')).toBe('ERR_STATE_DIR');
  });

  it('names --state-dir where its files cannot be written', async () => {
    const dir = tempDirectory('journal');
    mkdirSync(join(dir, 'journal.db'));
    expect(await refusal(attempt(dir), dir, '--state-dir')).toBe('ERR_STATE_DIR');
  });

  it.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0xef53, undefined],
  ])('knows filesystem type %i as %s', (type, name) => {
    expect(networkFilesystem(type)).toBe(name);
  });

  it('may be given relative to the working directory', () => {
    const dir = tempDirectory('journal');
    expect(ensureFolder(`${dir}/a/../b`)).toBe(join(dir, 'b'));
  });
});

describe('the identity', () => {
  it('is made once and kept', async () => {
    const dir = tempDirectory('journal');
    const first = await open({ dir });
    expect(first.sessions.instance).toMatch(/^[a-z0-9]{8}$/);
    expect(first.sessions.fresh).toBe(true);
    await first.close();
    const second = await open({ dir, durability: 'power' });
    expect(second.sessions.instance).toBe(first.sessions.instance);
    expect(second.sessions.fresh).toBe(false);
  });

  it('differs between folders that were copied before their first run, and is copied afterwards', async () => {
    const { dir, instance } = await closedJournal();
    expect((await open()).sessions.instance).not.toBe(instance);
    const copy = join(tempDirectory('journal'), 'copy');
    cpSync(dir, copy, { recursive: true });
    expect((await open({ dir: copy })).sessions).toMatchObject({ instance, fresh: false });
  });

  it('is made by the next start where the first one was killed before its commit', async () => {
    const dir = tempDirectory('journal');
    execute(join(dir, 'journal.db'), 'PRAGMA journal_mode = WAL');
    expect((await open({ dir })).sessions.fresh).toBe(true);
  });
});

describe('the journal file', () => {
  it.each([
    ['power', 2],
    ['process', 1],
  ] as const)('is in WAL mode, synchronous as durability "%s" asks', (durability, synchronous) => {
    const path = join(ensureFolder(tempDirectory('journal')), 'journal.db');
    const { database, fresh } = openDatabase(path, durability);
    atEnd(() => database.close());
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(fresh).toBe(true);
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(synchronous);
    expect(pragma('user_version')).toBe(SCHEMA_VERSION);
  });

  it('is refused where a newer host wrote it, and left as it is', async () => {
    const { dir, path } = await closedJournal();
    execute(path, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    const before = readFileSync(path);
    expect(await refusal(attempt(dir), path, /newer version/, `schema ${SCHEMA_VERSION + 1}`)).toBe(
      'ERR_STATE_VERSION',
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused where it is some other database, and left as it is', async () => {
    const dir = tempDirectory('journal');
    const path = join(dir, 'journal.db');
    execute(path, 'CREATE TABLE songs (title TEXT)');
    const before = readFileSync(path);
    expect(await refusal(attempt(dir), path, /not a journal/)).toBe('ERR_STATE_DAMAGED');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it.each(['journal.db', 'lock.db'])('is told damaged where %s is no database', async (name) => {
    const { dir } = await closedJournal();
    writeFileSync(join(dir, name), 'no database at all. '.repeat(1_000));
    expect(await refusal(attempt(dir), name, /damaged/)).toBe('ERR_STATE_DAMAGED');
  });

  it('is told damaged where its end is missing', async () => {
    const { dir, path } = await closedJournal();
    truncateSync(path, 4_096);
    expect(await refusal(attempt(dir), path)).toBe('ERR_STATE_DAMAGED');
  });

  it('holds no lock after a refusal', async () => {
    const { dir, path } = await closedJournal();
    const good = readFileSync(path);
    writeFileSync(path, 'no database at all. '.repeat(1_000));
    expect(await refusal(attempt(dir))).toBe('ERR_STATE_DAMAGED');
    writeFileSync(path, good);
    const journal = await open({ dir });
    await die(journal, letter());
    expect(journal.deadLetters.list()).toHaveLength(1);
  });
});
