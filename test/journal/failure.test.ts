import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { HostError } from '../../src/errors.ts';
import { journalOn } from '../../src/journal/journal.ts';
import { tempDirectory } from '../support/temp.ts';
import { letter, open, openBare, refusal, session } from './samples.ts';

const big = letter({ event: { ...letter().event, data: new Uint8Array(20_000) } });

describe('a full disk', () => {
  it('stops the journal with a clear error, told once, and loses nothing that was committed', async () => {
    const dir = tempDirectory('journal');
    const opened = openBare(dir);
    const failures: HostError[] = [];
    const journal = journalOn(opened, { release: () => {} }, (error) => failures.push(error));
    await journal.deadLetters.add(letter({ topic: 'safe' }));
    const pages = Number(opened.database.prepare('PRAGMA page_count').get()?.page_count);
    opened.database.exec(`PRAGMA max_page_count = ${pages + 2}`);

    const writes = [journal.sessions.save(session()), journal.deadLetters.add(big), journal.sessions.save(session())];
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await refusal(() => journal.deadLetters.add(letter()), opened.path, /no room/)).toBe('ERR_STATE_FULL');
    expect(failures.map(({ code }) => code)).toEqual(['ERR_STATE_FULL']);
    expect(journal.deadLetters.list().map(({ topic }) => topic)).toEqual(['safe']);
    await journal.close();

    const again = await open({ dir });
    expect(again.deadLetters.list().map(({ topic }) => topic)).toEqual(['safe']);
    expect(again.sessions.all()).toEqual([]);
    await again.deadLetters.add(big);
  });
});

describe('a file that is damaged in its middle', () => {
  async function damage(): Promise<string> {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    for (let i = 0; i < 20; i++) await journal.deadLetters.add(big);
    await journal.close();
    const path = join(dir, 'journal.db');
    const database = new DatabaseSync(path, { readOnly: true });
    const root = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'dead_letters'").get()?.rootpage;
    database.close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (Number(root) - 1) * 4_096);
    closeSync(file);
    return dir;
  }

  it('stops the journal at the first write that meets the damage', async () => {
    const failures: HostError[] = [];
    const journal = await open({ dir: await damage(), onFailure: (error) => failures.push(error) });
    expect(await refusal(() => journal.deadLetters.add(letter()), /damaged/, '--state-dir')).toBe('ERR_STATE_DAMAGED');
    expect(await refusal(() => journal.sessions.save(session()))).toBe('ERR_STATE_DAMAGED');
    expect(failures.map(({ code }) => code)).toEqual(['ERR_STATE_DAMAGED']);
  });

  it('stops it at the first read, too', async () => {
    const failures: HostError[] = [];
    const journal = await open({ dir: await damage(), onFailure: (error) => failures.push(error) });
    for (let i = 0; i < 2; i++) {
      expect(await refusal(() => journal.deadLetters.list(), /damaged/)).toBe('ERR_STATE_DAMAGED');
    }
    expect(await refusal(() => journal.sessions.save(session()))).toBe('ERR_STATE_DAMAGED');
    expect(failures).toHaveLength(1);
  });

  it('stops it where a row does not hold what was written', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    await journal.deadLetters.add(letter());
    await journal.sessions.save(session());
    await journal.close();
    const database = new DatabaseSync(join(dir, 'journal.db'));
    database.exec(`UPDATE sessions SET filters = '{}'`);
    database.close();
    const again = await open({ dir });
    expect(await refusal(() => again.sessions.all(), /filters/)).toBe('ERR_STATE_DAMAGED');
  });
});
