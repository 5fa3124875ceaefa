import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { HostError } from '../../../src/errors.ts';
import { openJournal } from '../../../src/journal/index.ts';
import { tempDirectory } from '../../support/temp.ts';
import { die, open, refusal, session } from '../samples.ts';

describe('a file that is damaged in its middle', () => {
  async function damage(table: string): Promise<string> {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    await die(journal);
    for (let i = 0; i < 20; i++)
      await journal.sessions.save(session({ clientId: `c${i}`, filters: ['f'.repeat(5_000)] }));
    await journal.close();
    const path = join(dir, 'journal.db');
    const database = new DatabaseSync(path, { readOnly: true });
    const root = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)?.rootpage;
    database.close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (Number(root) - 1) * 4_096);
    closeSync(file);
    return dir;
  }

  it('is told at the start where that reads it', async () => {
    const dir = await damage('dead_letters');
    expect(await refusal(() => openJournal({ dir, durability: 'process' }), /damaged/)).toBe('ERR_STATE_DAMAGED');
    const database = new DatabaseSync(join(dir, 'lock.db'));
    database.exec('BEGIN EXCLUSIVE');
    database.close();
  });

  it('stops the journal at the first write that meets the damage', async () => {
    const failures: HostError[] = [];
    const journal = await open({ dir: await damage('sessions'), onFailure: (error) => failures.push(error) });
    expect(await refusal(() => journal.sessions.save(session()), /damaged/, '--state-dir')).toBe('ERR_STATE_DAMAGED');
    expect(await refusal(() => die(journal))).toBe('ERR_STATE_DAMAGED');
    expect(failures.map(({ code }) => code)).toEqual(['ERR_STATE_DAMAGED']);
  });

  it('stops it at the first read, too', async () => {
    const failures: HostError[] = [];
    const journal = await open({ dir: await damage('sessions'), onFailure: (error) => failures.push(error) });
    for (let i = 0; i < 2; i++) {
      expect(await refusal(() => journal.sessions.all(), /damaged/)).toBe('ERR_STATE_DAMAGED');
    }
    expect(await refusal(() => journal.sessions.save(session()))).toBe('ERR_STATE_DAMAGED');
    expect(failures).toHaveLength(1);
  });

  it('stops it where a row does not hold what was written', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    await die(journal);
    await journal.sessions.save(session());
    await journal.close();
    const database = new DatabaseSync(join(dir, 'journal.db'));
    database.exec(`UPDATE sessions SET filters = '{}'`);
    database.close();
    const again = await open({ dir });
    expect(await refusal(() => again.sessions.all(), /filters/)).toBe('ERR_STATE_DAMAGED');
  });
});
