import { afterEach, describe, expect, it, vi } from 'vitest';
import { GroupCommit } from '../../../src/journal/database/group-commit.ts';
import { HandledRows } from '../../../src/journal/tables/handled-rows.ts';
import { tempDirectory } from '../../support/temp.ts';
import { open, openBare, session, settlement } from '../samples.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('handled events', () => {
  it('are remembered until they are over, for their binding', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    const inbox = journal.inbox('b0', session());
    await inbox.settle(settlement({ handled: { source: '/s', id: 'e', until: 1_060_000 } }));
    expect([inbox.wasHandled('/s', 'e'), inbox.wasHandled('/t', 'e'), inbox.wasHandled('/s', 'f')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(journal.inbox('b1', session({ clientId: 'c' })).wasHandled('/s', 'e')).toBe(false);
    await journal.close();
    const found = (await open({ dir })).inbox('b0', session());
    vi.setSystemTime(1_059_999);
    expect(found.wasHandled('/s', 'e')).toBe(true);
    vi.setSystemTime(1_060_000);
    expect(found.wasHandled('/s', 'e')).toBe(false);
  });

  it('that are over are deleted in bites', async () => {
    const { database, path } = openBare();
    const commits = new GroupCommit({ database, path, onFailure: () => {} });
    const handled = new HandledRows(database, commits);
    await commits.write(() => {
      for (let i = 0; i < 1_500; i++) handled.insert('b0', '/s', String(i), i < 1_200 ? i : 10_000);
    });
    expect(await handled.expire(5_000)).toBe(1_000);
    expect(await handled.expire(5_000)).toBe(200);
    expect(await handled.expire(5_000)).toBe(0);
    expect(database.prepare('SELECT count(*) AS n FROM handled').get()?.n).toBe(300);
  });
});
