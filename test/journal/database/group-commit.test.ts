import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { HostError } from '../../../src/errors.ts';
import { GroupCommit } from '../../../src/journal/database/group-commit.ts';
import { atEnd } from '../../support/cleanup.ts';
import { close, openBare, refusal } from '../samples.ts';

function setUp(busy?: { patience: number; interval: number }) {
  const { database, path } = openBare();
  database.exec('CREATE TABLE t (n INTEGER NOT NULL) STRICT');
  const failures: HostError[] = [];
  const commits = new GroupCommit({ database, path, onFailure: (error) => failures.push(error) }, busy);
  const insert = database.prepare('INSERT INTO t (n) VALUES (?)');
  const other = new DatabaseSync(path, { timeout: 0 });
  atEnd(() => close(other));
  const committed = () =>
    other
      .prepare('SELECT n FROM t ORDER BY rowid')
      .all()
      .map((row) => Number(row.n));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    commits,
    failures,
    database,
    other,
    committed,
    turn,
    add: (n: number) => commits.write(() => insert.run(n)),
  };
}

describe('one turn', () => {
  it('is one transaction, which ends with the turn', async () => {
    const { commits, committed, add } = setUp();
    const first = add(1);
    const seen = commits.write(committed);
    const last = add(2);
    expect(committed()).toEqual([]);
    await Promise.resolve();
    expect(committed()).toEqual([]);
    await first;
    expect(committed()).toEqual([1, 2]);
    expect(await seen).toEqual([]);
    await last;
  });

  it('executes at once what is alike and asked for one after another, in the order of all', async () => {
    const { commits, committed, database } = setUp();
    const calls: number[][] = [];
    const insert = database.prepare('INSERT INTO t (n) VALUES (?)');
    const each = (items: readonly number[]) => {
      calls.push([...items]);
      return items.map((n) => insert.run(n) && -n);
    };
    const told: number[] = [];
    const add = (n: number) => commits.writeTogether(each, n, (result) => void told.push(result));
    const results = [
      add(1),
      add(2),
      commits.write(
        () => insert.run(3) && -3,
        (result) => void told.push(result),
      ),
      add(4),
    ];
    expect(await Promise.all(results)).toEqual([-1, -2, -3, -4]);
    expect([calls, told, committed()]).toEqual([
      [[1, 2], [4]],
      [-1, -2, -3, -4],
      [1, 2, 3, 4],
    ]);
  });

  it('takes what promise callbacks of the same turn add', async () => {
    const { commits, committed, add } = setUp();
    const first = add(1);
    const second = Promise.resolve().then(() => commits.write(committed));
    await first;
    expect(await second).toEqual([]);
  });

  it('leaves to the next one what is written while it commits', async () => {
    const { commits, committed, add } = setUp();
    let inner: Promise<unknown> | undefined;
    await commits.write(() => {
      inner = add(2);
      return undefined;
    });
    expect(committed()).toEqual([]);
    await inner;
    expect(committed()).toEqual([2]);
  });

  it('resolves with the results, in the order of the writes', async () => {
    const { commits } = setUp();
    const order: number[] = [];
    const results = [1, 2, 3, 4].map((n) => ({ n, write: commits.write(() => 10 * n) }));
    // Reactions are attached last first, so that only the order in which the promises resolve can sort them.
    const reactions = results.toReversed().map(({ n, write }) => write.then(() => order.push(n)));
    await Promise.all(reactions);
    expect(await Promise.all(results.map(({ write }) => write))).toEqual([10, 20, 30, 40]);
    expect(order).toEqual([1, 2, 3, 4]);
  });
});

describe('what follows on a commit', () => {
  it('comes after all its writes and before their promises, in order', async () => {
    const { commits, committed, database } = setUp();
    const insert = database.prepare('INSERT INTO t (n) VALUES (?)');
    const order: string[] = [];
    commits.onCommit(() => order.push(`hook ${committed()}`));
    const write = (n: number) =>
      commits.write(
        () => insert.run(n).changes,
        (changes) => order.push(`${n} changed ${changes} of ${committed()}`),
      );
    const both = [write(1).then(() => order.push('1 resolved')), write(2)];
    expect(order).toEqual([]);
    await Promise.all(both);
    expect(order).toEqual(['1 changed 1 of 1,2', '2 changed 1 of 1,2', 'hook 1,2', '1 resolved']);
  });

  it('may ask for the next one', async () => {
    const { commits, committed } = setUp();
    let asked = false;
    commits.onCommit(() => {
      if (asked) return;
      asked = true;
      commits.writeSoon(() => undefined);
    });
    await commits.write(() => undefined);
    expect(asked).toBe(true);
    await commits.settled();
    expect(committed()).toEqual([]);
  });

  it('is waited for with what was asked for until then', async () => {
    const { commits, committed, add } = setUp();
    await commits.settled();
    void add(1);
    const settled = commits.settled();
    void add(2);
    await settled;
    expect(committed()).toEqual([1, 2]);
  });
});

describe('a disk without room', () => {
  const full = () => Object.assign(new Error('database or disk is full'), { errcode: 13 });

  it('is tried again with all that was asked for, in order, from the start', async () => {
    const calls: string[] = [];
    const space = {
      isLacking: (error: unknown) => error instanceof Error && 'errcode' in error,
      lacking: () => calls.push('lacking') === 1,
      written: () => calls.push('written'),
    };
    const { database, path } = openBare();
    database.exec('CREATE TABLE t (n INTEGER NOT NULL) STRICT');
    const insert = database.prepare('INSERT INTO t (n) VALUES (?)');
    const commits = new GroupCommit(
      { database, path, onFailure: () => calls.push('failed'), space },
      { fullInterval: 1 },
    );
    let room = false;
    const runs: number[] = [];
    let during: Promise<unknown> | undefined;
    const add = (n: number): Promise<unknown> =>
      commits.write(() => {
        runs.push(n);
        insert.run(n);
        // Asked for while the transaction runs that will be rolled back.
        if (runs.length === 1) during = add(8);
        if (n === 2 && !room) throw full();
      });
    const late = new Promise((resolve) => {
      space.lacking = () => {
        calls.push('lacking');
        if (calls.length === 1) resolve(add(3));
        room = calls.length === 2;
        return calls.length === 1;
      };
    });
    await Promise.all([add(1), add(2), late]);
    await during;
    expect(runs).toEqual([1, 2, 1, 2, 1, 2, 8, 3]);
    expect(
      database
        .prepare('SELECT n FROM t ORDER BY rowid')
        .all()
        .map(({ n }) => n),
    ).toEqual([1, 2, 8, 3]);
    expect(calls).toEqual(['lacking', 'lacking', 'written']);
  });

  it('fails the journal where nobody looks after room', async () => {
    const { commits, failures } = setUp();
    const thrower = () => {
      throw full();
    };
    expect(await refusal(() => commits.write(thrower))).toBe('ERR_STATE_FULL');
    expect(failures).toHaveLength(1);
    await expect(commits.settled()).rejects.toThrow();
  });
});

describe('a write that fails', () => {
  it('fails the journal as a whole: nothing of its turn is committed, and nothing later', async () => {
    const { commits, failures, committed, add, turn, database, other } = setUp();
    await add(1);
    const thrower = () => {
      throw new Error('a failed write');
    };
    const writes = await Promise.allSettled([add(2), commits.write(thrower), add(3)]);
    expect(writes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await refusal(() => add(4), /failed/)).toBe('ERR_INTERNAL');
    await turn();
    expect(committed()).toEqual([1]);
    expect(commits.read(() => database.prepare('SELECT count(*) AS n FROM t').get()?.n)).toBe(1);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_INTERNAL']);
    // Another process may write at once.
    other.exec('BEGIN IMMEDIATE; ROLLBACK');
    await commits.close();
  });

  it('rejects what was queued behind it, and tells once', async () => {
    const { commits, failures, add, turn } = setUp();
    let behind: Promise<unknown> | undefined;
    const first = commits.write(() => {
      behind = add(2).catch((error: unknown) => error);
      throw new Error('no room for this thought');
    });
    expect(await refusal(() => first, 'no room for this thought')).toBe('ERR_INTERNAL');
    expect(await behind).toBeInstanceOf(Error);
    await turn();
    expect(failures).toHaveLength(1);
  });

  it('is not put down to the file where a constraint refused it', async () => {
    const { commits, failures, database, committed } = setUp();
    const statement = database.prepare('INSERT INTO t (n) VALUES (NULL)');
    expect(await refusal(() => commits.write(() => statement.run()))).toBe('ERR_INTERNAL');
    expect(failures).toHaveLength(1);
    expect(committed()).toEqual([]);
  });
});

describe("another process' write lock", () => {
  it('is waited for while the event loop runs, and nothing is lost', async () => {
    const { other, committed, add, turn, failures } = setUp();
    other.exec('BEGIN IMMEDIATE');
    let done = false;
    const first = add(1).then(() => {
      done = true;
    });
    // The first try was refused before this resolves: it runs in the check phase that is queued already.
    await turn();
    const second = add(2);
    await turn();
    expect(done).toBe(false);
    other.exec('COMMIT');
    await Promise.all([first, second]);
    expect(committed()).toEqual([1, 2]);
    expect(failures).toEqual([]);
  });

  it('fails the journal when it is never let go', async () => {
    const { other, add, failures, committed } = setUp({ patience: 1, interval: 5 });
    other.exec('BEGIN IMMEDIATE');
    expect(await refusal(() => add(1), /another process/, '--state-dir')).toBe('ERR_STATE_LOCKED');
    other.exec('ROLLBACK');
    expect(await refusal(() => add(2))).toBe('ERR_STATE_LOCKED');
    expect(failures).toHaveLength(1);
    expect(committed()).toEqual([]);
  });
});

describe('closing', () => {
  it('commits what is queued, once', async () => {
    const { commits, committed, add } = setUp();
    const write = add(1);
    await Promise.all([commits.close(), commits.close()]);
    await write;
    expect(committed()).toEqual([1]);
  });

  it('refuses what comes later', async () => {
    const { commits, add } = setUp();
    const closing = commits.close();
    expect(await refusal(() => add(1), /closed/)).toBe('ERR_INTERNAL');
    await closing;
    expect(await refusal(() => commits.read(() => 1), /closed/)).toBe('ERR_INTERNAL');
  });
});
