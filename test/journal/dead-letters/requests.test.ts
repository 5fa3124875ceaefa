import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type CarriedOut, openJournal, purgeDeadLetters, replayDeadLetters } from '../../../src/journal/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { tempDirectory } from '../../support/temp.ts';
import { connect, openOutbox, rowOf, show } from '../outgoing/outbox-fixture.ts';
import { die, letter, open, refusal, session } from '../samples.ts';

/** Dead letters of a stopped app: 1 a message, 2 a refused publish, 3 a parked one (packet id 2). */
async function stopped(): Promise<string> {
  const { dir, outbox, journal, publish } = await openOutbox();
  await connect(outbox, false);
  await die(journal, letter({ binding: 'b0', topic: 'in/1', retained: true, raw: true }));
  await publish('refused', 'parked', 'kept');
  await outbox.refuse(rowOf(outbox, 'refused'), 'no');
  await outbox.park(rowOf(outbox, 'parked'), 'closed');
  await journal.close();
  return dir;
}

const told = { attempts: 0, redelivered: true, firstAt: letter().firstAt };
const message = { topic: 'in/1', retained: true, raw: true, qos: 1, event: letter().event, ...told };

describe('on a stopped app', () => {
  it('replays at once: messages to their binding, publishes to their broker', async () => {
    const dir = await stopped();
    expect(await replayDeadLetters(dir, [2, 3, 1, 2, 99])).toEqual({ applied: 'now', ids: [2, 3, 1], unknown: [99] });
    const { journal, outbox } = await openOutbox(dir);
    expect(journal.deadLetters.list()).toEqual([]);
    expect(journal.inbox('b0', session()).spilled(0, 9)).toMatchObject([message]);
    expect(show(outbox)).toEqual(['2 parked', '3 kept', '4 refused']);
    expect(journal.size()).toMatchObject({ spilled: 1, unsent: 3, deadLetters: 0 });
  });

  it('purges at once, and keeps the packet id of what may be half received', async () => {
    const dir = await stopped();
    expect(await purgeDeadLetters(dir, 'all')).toEqual({ applied: 'now', ids: [1, 2, 3], unknown: [] });
    const { journal, outbox } = await openOutbox(dir);
    expect([journal.deadLetters.list(), show(outbox)]).toEqual([[], ['3 kept']]);
    const free: (number | undefined)[] = [];
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) free.push(id);
    expect(free).not.toContain(2);
    for (const id of free) outbox.unreserve(id ?? 0);
    await connect(outbox, false);
    free.length = 0;
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) free.push(id);
    expect(free).toContain(2);
    await journal.close();
    const again = await openOutbox(dir);
    free.length = 0;
    for (let id = again.outbox.reserve(); id !== undefined; id = again.outbox.reserve()) free.push(id);
    expect(free).toContain(2);
  });

  it('is not in the way of a host that starts meanwhile', async () => {
    const dir = await stopped();
    const lock = new DatabaseSync(join(dir, 'lock.db'));
    lock.exec('BEGIN EXCLUSIVE');
    const opening = openJournal({ dir, durability: 'process' });
    setTimeout(() => lock.close(), 60);
    const journal = await opening;
    atEnd(() => journal.close());
    expect(journal.deadLetters.list()).toHaveLength(3);
  });

  it('names --state-dir where there is no journal', async () => {
    const dir = tempDirectory('journal');
    expect(await refusal(() => replayDeadLetters(dir, 'all'), dir, '--state-dir')).toBe('ERR_STATE_DIR');
  });
});

describe('on a running app', () => {
  it('is noticed: a message goes to its inbox', async () => {
    const dir = tempDirectory('journal');
    const asked: CarriedOut[] = [];
    const journal = await open({ dir, onRequests: (done) => asked.push(done) });
    const inbox = journal.inbox('b0', session());
    let replays = 0;
    inbox.onReplayed(() => {
      replays += 10 * inbox.spilledCount;
    });
    await die(journal, letter({ binding: 'b0', topic: 'in/1', retained: true, raw: true }));
    await die(journal, letter({ binding: 'b1' }));
    expect(await replayDeadLetters(dir, [1, 5])).toEqual({ applied: 'queued', ids: [1], unknown: [5] });
    await eventually(() => expect(replays).toBe(10));
    expect(inbox.spilled(0, 9)).toMatchObject([message]);
    expect(journal.deadLetters.list().map(({ id }) => id)).toEqual([2]);
    expect(journal.size()).toMatchObject({ spilled: 1, deadLetters: 1 });
    await replayDeadLetters(dir, 'all');
    await eventually(() => expect(journal.deadLetters.list()).toEqual([]));
    expect([replays, inbox.spilledCount]).toEqual([10, 1]);
    expect(journal.inbox('b1', session({ clientId: 'c1' })).spilledCount).toBe(1);
    await die(journal, letter({ binding: 'b1' }));
    await purgeDeadLetters(dir, 'all');
    await eventually(() => expect(journal.deadLetters.list()).toEqual([]));
    const replayed = { replayed: 1, purged: 0 };
    expect(asked).toEqual([replayed, replayed, { replayed: 0, purged: 1 }]);
  });

  it('is noticed: a publish goes out at the end, a parked one under its packet id, given back', async () => {
    const { dir, outbox, journal, publish } = await openOutbox();
    await connect(outbox, false);
    await publish('refused', 'parked', 'kept');
    await outbox.refuse(rowOf(outbox, 'refused'), 'no');
    await outbox.park(rowOf(outbox, 'parked'), 'closed');
    const ready: string[] = [];
    outbox.onReady((rows) => ready.push(...show(outbox, rows)));
    await replayDeadLetters(dir, 'all');
    await eventually(() => expect(ready).toEqual(['2 parked*', '4 refused']));
    expect(show(outbox)).toEqual(['2 parked*', '3 kept', '4 refused']);
    expect(outbox.get(2)?.again).toBe(true);
    expect([journal.deadLetters.list(), outbox.size, journal.size().unsent]).toEqual([[], 3, 3]);
    await connect(outbox, false);
    expect(show(outbox)).toEqual(['5 parked', '6 kept', '7 refused']);
  });

  it('keeps the packet id of a parked publish that is purged or expires until the session is lost', async () => {
    const { dir, outbox, journal, publish } = await openOutbox();
    await publish('a', 'b');
    await outbox.park(rowOf(outbox, 'a'), 'x');
    await outbox.park(rowOf(outbox, 'b'), 'x');
    await purgeDeadLetters(dir, [1]);
    await eventually(() => expect(journal.deadLetters.list()).toHaveLength(1));
    expect(await journal.deadLetters.expire(Date.now() + 1_000)).toBe(1);
    expect(journal.size()).toMatchObject({ bytes: 0, deadLetters: 0, unsent: 0 });
    const taken = () => {
      const free: number[] = [];
      for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) free.push(id);
      for (const id of free) outbox.unreserve(id);
      return [1, 2].filter((id) => !free.includes(id));
    };
    expect(taken()).toEqual([1, 2]);
    await connect(outbox, true);
    expect(taken()).toEqual([1, 2]);
    await connect(outbox, false);
    expect(taken()).toEqual([]);
  });

  it('is carried out at the next start where the host stopped before it saw it', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    await die(journal, letter({ binding: 'b0' }));
    const asked = replayDeadLetters(dir, 'all');
    await journal.close();
    expect(await asked).toMatchObject({ applied: 'queued' });
    const again = await open({ dir });
    const inbox = again.inbox('b0', session());
    await eventually(() => expect(inbox.spilledCount).toBe(1));
    expect(again.deadLetters.list()).toEqual([]);
  });

  it('asked for twice is done once', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    const inbox = journal.inbox('b0', session());
    await die(journal, letter({ binding: 'b0' }));
    await replayDeadLetters(dir, 'all');
    await replayDeadLetters(dir, 'all');
    await eventually(() => expect(journal.deadLetters.list()).toEqual([]));
    await journal.sessions.save(session());
    expect(inbox.spilledCount).toBe(1);
    const database = new DatabaseSync(join(dir, 'journal.db'), { readOnly: true });
    expect(database.prepare('SELECT * FROM requests').all()).toEqual([]);
    database.close();
  });

  it('gives a parked publish back in its place', async () => {
    const { dir, outbox, publish } = await openOutbox();
    await publish('a', 'b');
    await outbox.park(rowOf(outbox, 'a'), 'x');
    await replayDeadLetters(dir, [1]);
    await eventually(() => expect(show(outbox)).toEqual(['1 a*', '2 b']));
  });
});

it('a publish that waits behind rows goes out after them', async () => {
  const { dir, outbox, journal, publish } = await openOutbox();
  await publish('a', 'dead');
  await outbox.refuse(rowOf(outbox, 'dead'), 'no');
  while (outbox.reserve() !== undefined);
  await publish('b');
  await replayDeadLetters(dir, 'all');
  await eventually(() => expect(journal.deadLetters.list()).toEqual([]));
  expect([show(outbox), outbox.size]).toEqual([['1 a'], 3]);
  for (const id of [10, 11, 12]) outbox.unreserve(id);
  // Each commit gives places to what waits, as far as there were packet ids when it was asked for.
  for (const id of ['c', 'd', 'e']) await publish(id);
  expect(show(outbox).map((row) => row.split(' ')[1])).toEqual(['a', 'b', 'dead', 'c']);
  expect(outbox.size).toBe(6);
});
