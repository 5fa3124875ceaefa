import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../src/journal/database/migrations.ts';
import { readJournal, replayDeadLetters } from '../../../src/journal/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { tempDirectory } from '../../support/temp.ts';
import { listed, open, refusal, session } from '../samples.ts';

/** A journal as the first release wrote it, with a row in each table. */
function versionOne(): string {
  const dir = tempDirectory('journal');
  const database = new DatabaseSync(join(dir, 'journal.db'));
  writeFileSync(join(dir, 'lock.db'), '');
  database.exec(`PRAGMA journal_mode = WAL; ${MIGRATIONS[0]}
    INSERT INTO identity VALUES (1, 'abcd1234');
    INSERT INTO sessions (client_id, broker, binding, kind, protocol, qos, filters, subscribed, in_doubt)
      VALUES ('app-b0-abcd1234', 'mqtt://localhost:1883', 'b0', 'queue', 5, 2, '["user/+"]', '["$share/app/user/+"]', 0);
    INSERT INTO publishers VALUES ('key 2', 'mqtt://b', 'second-pub'), ('key 1', 'mqtt://a', 'first-pub');
    INSERT INTO dead_letters (binding, topic, qos, head, data, correlation, error, attempts, first_at, dead_at)
      VALUES ('gone', 'x', 0, '{}', x'', NULL, 'x', 1, 1, 1),
        ('readings', 'sensors/1/temperature', 1,
         '{"v":1,"id":"e-1","source":"/sensors/1","type":"reading","userProperties":[]}', x'010203', NULL,
         'trap: unreachable', 8, 1700000000000, 1700000060000);
    DELETE FROM dead_letters WHERE id = 1;
    PRAGMA application_id = ${0x4850734a}; PRAGMA user_version = 1`);
  database.close();
  return dir;
}

describe('a journal of the first version', () => {
  it('is brought up to date at the start, with everything that it holds', async () => {
    const dir = versionOne();
    expect(await refusal(() => readJournal(dir), /older version/)).toBe('ERR_STATE_VERSION');
    const journal = await open({ dir });
    expect(journal.sessions).toMatchObject({ instance: 'abcd1234', fresh: false });
    expect(journal.sessions.all()).toStrictEqual([session()]);
    expect(journal.deadLetters.list()).toStrictEqual([listed(2)]);
    expect(await journal.publishers.publisherId('key 1', 'x', 'mqtt://a')).toBe('first-pub');
    expect(await journal.publishers.publisherId('key 2', 'x', 'mqtt://b')).toBe('second-pub');
    expect(await journal.publishers.publisherId('key 3', 'third-pub', 'mqtt://b')).toBe('third-pub');
    const view = readJournal(dir);
    atEnd(() => view.close());
    expect(view.publishers().map(({ id, key, inDoubt, known }) => ({ id, key, inDoubt, known }))).toEqual([
      { id: 1, key: 'key 1', inDoubt: false, known: false },
      { id: 2, key: 'key 2', inDoubt: false, known: false },
      { id: 3, key: 'key 3', inDoubt: false, known: false },
    ]);
  });

  it('of the second version may have begun with what it holds spilled', async () => {
    const dir = versionOne();
    const database = new DatabaseSync(join(dir, 'journal.db'));
    database.exec(`${MIGRATIONS[1]} PRAGMA user_version = 2;
      INSERT INTO spilled (binding, topic, qos, retained, raw, attempts, first_at, head, data)
        SELECT binding, topic, qos, 0, 0, 0, 1, head, data FROM dead_letters`);
    database.close();
    const inbox = (await open({ dir })).inbox('readings', session());
    expect(inbox.spilled(0, 9)).toMatchObject([{ topic: 'sensors/1/temperature', redelivered: true }]);
  });

  it('can be replayed before its app is started again', async () => {
    const dir = versionOne();
    expect(await replayDeadLetters(dir, 'all')).toEqual({ applied: 'now', ids: [2], unknown: [] });
    const journal = await open({ dir });
    const inbox = journal.inbox('readings', session());
    expect(inbox.spilled(0, 9)).toMatchObject([{ topic: 'sensors/1/temperature', qos: 1, attempts: 0 }]);
  });
});
