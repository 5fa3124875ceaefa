import { describe, expect, it } from 'vitest';
import type { Spilled } from '../../../src/journal.ts';
import { tempDirectory } from '../../support/temp.ts';
import { letter, open, session, settlement, spill } from '../samples.ts';

const rows = (found: readonly Spilled[]) => found.map(({ row, topic }) => `${row} ${topic}`);

async function setUp() {
  const dir = tempDirectory('journal');
  const journal = await open({ dir });
  await journal.sessions.save(session());
  const again = async () => {
    await journal.close();
    return (await open({ dir })).inbox('b0', session());
  };
  return { journal, inbox: journal.inbox('b0', session()), again };
}

describe('spilled messages', () => {
  it('keep everything, over a restart too', async () => {
    const { inbox, again } = await setUp();
    const {
      binding: _,
      error: __,
      deadAt: ___,
      ...message
    } = letter({
      qos: 2,
      retained: true,
      raw: true,
      attempts: 3,
      properties: { correlationData: new Uint8Array([0, 1]), expiry: 9, userProperties: [['a', 'b']] },
    });
    const [row = 0, next = 0] = await inbox.spill([message, { ...message, redelivered: true }].map(spill));
    expect(inbox.spilled(0, 10)).toStrictEqual([
      { row, ...message, redelivered: false },
      { row: next, ...message, redelivered: true },
    ]);
    // The guest may have been at work on it.
    expect((await again()).spilled(0, 1)).toStrictEqual([{ row, ...message, redelivered: true }]);
  });

  it('get their markers in the same commit, and lose the attempts that the broker holds', async () => {
    const { inbox, again } = await setUp();
    const [two, one] = [
      { packetId: 2, digest: 'two' },
      { packetId: 1, digest: 'one' },
    ];
    await inbox.failed(two, { attempts: 2, firstAt: 50 });
    const spilling = inbox.spill([
      spill({ id: two, marker: true, attempts: 2, firstAt: 50 }),
      spill({ id: one, marker: false, qos: 1 }),
    ]);
    expect([inbox.spilledCount, inbox.isMarked(two)]).toEqual([0, false]);
    await spilling;
    expect([inbox.spilledCount, inbox.isMarked(two), inbox.isMarked(one)]).toEqual([2, true, false]);
    expect(inbox.failures(two)).toBeUndefined();
    const found = await again();
    expect([found.spilledCount, found.isMarked(two), found.isMarked(one)]).toEqual([2, true, false]);
    expect(found.failures(two)).toBeUndefined();
    expect(found.spilled(0, 1)).toMatchObject([{ attempts: 2, firstAt: 50 }]);
  });

  it('are read in order, in pages, of one topic or of all', async () => {
    const { inbox, journal } = await setUp();
    const other = journal.inbox('b1', session({ clientId: 'other' }));
    const spilled = await inbox.spill(['b', 'a', 'b', 'ä'].map((topic) => spill({ topic })));
    await other.spill([spill({ topic: 'a/other' })]);
    const [first = 0] = spilled;
    expect(spilled).toEqual([first, first + 1, first + 2, first + 3]);
    expect(rows(inbox.spilled(0, 3))).toEqual([`${first} b`, `${first + 1} a`, `${first + 2} b`]);
    expect(rows(inbox.spilled(first + 2, 3))).toEqual([`${first + 3} ä`]);
    expect(rows(inbox.spilled(0, 9, 'b'))).toEqual([`${first} b`, `${first + 2} b`]);
    expect(rows(inbox.spilled(first, 9, 'b'))).toEqual([`${first + 2} b`]);
    const topics: string[] = [];
    for (let topic = inbox.nextSpilledTopic(''); topic !== undefined; topic = inbox.nextSpilledTopic(topic))
      topics.push(topic);
    expect(topics).toEqual(['a', 'b', 'ä']);
    expect(['a', 'a/other', 'c'].map((topic) => inbox.hasSpilled(topic))).toEqual([true, false, false]);
    expect([inbox.spilledCount, other.spilledCount]).toEqual([4, 1]);
  });

  it('are gone with the commit of their result, and count their attempts until then', async () => {
    const { inbox, again } = await setUp();
    const [first = 0, second = 0] = await inbox.spill([spill(), spill()]);
    await inbox.failedSpilled(first, { attempts: 4, firstAt: 77 });
    expect(inbox.spilled(0, 1)).toMatchObject([{ row: first, attempts: 4, firstAt: 77 }]);
    const settling = inbox.settle(settlement({ spilled: first, deadLetter: letter() }));
    expect(inbox.spilledCount).toBe(2);
    await settling;
    expect(inbox.spilledCount).toBe(1);
    await inbox.settle(settlement({ spilled: first }));
    expect(inbox.spilledCount).toBe(1);
    const found = await again();
    expect(rows(found.spilled(0, 9))).toEqual([`${second} ${spill().topic}`]);
  });

  it('keep the attempts that were counted in the journal, over a restart', async () => {
    const { inbox, again } = await setUp();
    const [row = 0] = await inbox.spill([spill()]);
    await inbox.failedSpilled(row, { attempts: 2, firstAt: 5 });
    expect((await again()).spilled(0, 1)).toMatchObject([{ attempts: 2, firstAt: 5 }]);
  });

  it('are numbered on after a restart', async () => {
    const { inbox, again } = await setUp();
    const [row = 0] = await inbox.spill([spill()]);
    expect(await (await again()).spill([spill()])).toEqual([row + 1]);
  });
});
