import { describe, expect, it } from 'vitest';
import type { Journal } from '../../../src/journal/index.ts';
import type { Inbox } from '../../../src/journal.ts';
import { tempDirectory } from '../../support/temp.ts';
import { letter, listed, open, outgoing, refusal, session, settlement, spill } from '../samples.ts';

const A = { packetId: 7, digest: 'of a' };
const B = { packetId: 7, digest: 'of b' };

/** An inbox whose session is remembered, in a folder that can be opened again. */
async function setUp(): Promise<{ dir: string; journal: Journal; inbox: Inbox; again: () => Promise<Inbox> }> {
  const dir = tempDirectory('journal');
  const journal = await open({ dir });
  await journal.sessions.save(session());
  const again = async () => {
    await journal.close();
    return (await open({ dir })).inbox('b0', session());
  };
  return { dir, journal, inbox: journal.inbox('b0', session()), again };
}

describe('a settlement', () => {
  it('leaves a marker of the very message, which outlives the process', async () => {
    const { inbox, again } = await setUp();
    const settling = inbox.settle(settlement({ id: A, marker: true }));
    expect(inbox.isMarked(A)).toBe(false);
    await settling;
    expect([inbox.isMarked(A), inbox.isMarked(B), inbox.isMarked({ ...A, packetId: 8 })]).toEqual([true, false, false]);
    const found = await again();
    expect([found.isMarked(A), found.isMarked(B)]).toEqual([true, false]);
  });

  it('leaves none where it asks for none, or its id is another message by now', async () => {
    const { inbox, again } = await setUp();
    await inbox.settle(settlement({ id: A, marker: false, deadLetter: letter() }));
    await inbox.settle(settlement({ marker: true }));
    expect(inbox.isMarked(A)).toBe(false);
    expect((await again()).isMarked(A)).toBe(false);
  });

  it('leaves a marker with a dead letter, too', async () => {
    const { inbox, journal, again } = await setUp();
    await inbox.settle(settlement({ id: A, marker: true, deadLetter: letter() }));
    expect(journal.deadLetters.list()).toEqual([listed(1)]);
    expect((await again()).isMarked(A)).toBe(true);
  });

  it('is one commit: nothing of it shows before all of it is safe', async () => {
    const { inbox, journal } = await setUp();
    const outbox = await journal.outbox('app-pub', 'b0');
    const handled = { source: '/s', id: 'e', until: Date.now() + 60_000 };
    const publishes = [{ outbox, broker: 'b', event: outgoing() }];
    const shown = () => [
      inbox.isMarked(A),
      outbox.ready().length,
      inbox.wasHandled('/s', 'e'),
      journal.deadLetters.list().length,
    ];
    let told: unknown;
    outbox.onReady(() => {
      told = shown();
    });
    const settling = inbox.settle(settlement({ id: A, marker: true, publishes, handled, deadLetter: letter() }));
    expect(shown()).toEqual([false, 0, false, 0]);
    await settling;
    expect(shown()).toEqual([true, 1, true, 1]);
    expect(told).toEqual([true, 1, true, 1]);
  });

  it('with nothing to write needs no commit', async () => {
    const { inbox } = await setUp();
    let done = false;
    const settling = inbox.settle(settlement({ id: A })).then(() => {
      done = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(done).toBe(true);
    await settling;
  });

  it('that makes no sense is refused alone', async () => {
    const { inbox, journal } = await setUp();
    const other = await (await open()).outbox('app-pub', 'b0');
    const publishes = [{ outbox: Object.create(other), broker: 'b', event: outgoing() }];
    expect(await refusal(() => inbox.settle(settlement({ deadLetter: letter({ attempts: Number.NaN }) })))).toBe(
      'ERR_INTERNAL',
    );
    expect(
      await refusal(() => inbox.settle(settlement({ publishes: [{ ...publishes[0], outbox: {} } as never] }))),
    ).toBe('ERR_INTERNAL');
    const handled = { source: '', id: '', until: Number.POSITIVE_INFINITY };
    expect(await refusal(() => inbox.settle(settlement({ handled })))).toBe('ERR_INTERNAL');
    await inbox.settle(settlement({ id: A, marker: true }));
    expect(journal.deadLetters.list()).toEqual([]);
  });
});

describe('a marker', () => {
  it('is gone after PUBREL; an unknown id has none', async () => {
    const { inbox, again } = await setUp();
    await inbox.settle(settlement({ id: A, marker: true }));
    const releasing = inbox.released(7);
    expect(inbox.isMarked(A)).toBe(false);
    expect(await releasing).toBe(true);
    expect(inbox.isMarked(A)).toBe(false);
    expect(await inbox.released(7)).toBe(false);
    expect(await inbox.released(8)).toBe(false);
    expect((await again()).isMarked(A)).toBe(false);
  });

  it('is deleted though it is not committed when PUBREL comes', async () => {
    const { inbox, again } = await setUp();
    const [, released] = await Promise.all([inbox.settle(settlement({ id: A, marker: true })), inbox.released(7)]);
    expect(released).toBe(true);
    expect(inbox.isMarked(A)).toBe(false);
    expect((await again()).isMarked(A)).toBe(false);
  });

  it('is kept and deleted with many others of a turn, each for itself', async () => {
    const { inbox, again } = await setUp();
    const marked = Array.from({ length: 37 }, (_, index) => ({ packetId: 65_535 - 3 * index, digest: `of ${index}` }));
    const inRow = Array.from({ length: 21 }, (_, index) => ({ packetId: 100 + index, digest: `of row ${index}` }));
    const all = [...marked, ...inRow].toSorted((a, b) => (a.packetId % 7) - (b.packetId % 7));
    await Promise.all(all.map((id) => inbox.settle(settlement({ id, marker: true }))));
    expect(all.filter((id) => inbox.isMarked(id))).toEqual(all);
    const reopened = await again();
    expect(all.filter((id) => reopened.isMarked(id))).toEqual(all);

    // In a row and not, twice, of none, and one more that is marked only now.
    const late = { packetId: 125, digest: 'late' };
    const asked = [110, 111, 109, 65_535, 111, 50, 120, 121, 125, 119, 65_532];
    const marking = reopened.settle(settlement({ id: late, marker: true }));
    const found = await Promise.all(asked.map((packetId) => reopened.released(packetId)));
    await marking;
    expect(found).toEqual([true, true, true, true, false, false, true, false, true, true, true]);
    const left = all.filter(({ packetId }) => !asked.includes(packetId));
    expect([...all, late].filter((id) => reopened.isMarked(id))).toEqual(left);
  });

  it('counts no more once another message has taken its id, and not after a restart', async () => {
    const { inbox, again } = await setUp();
    await inbox.settle(settlement({ id: A, marker: true }));
    inbox.taken(7);
    expect(inbox.isMarked(A)).toBe(false);
    await inbox.quiet();
    expect(inbox.isMarked(A)).toBe(false);
    expect((await again()).isMarked(A)).toBe(false);
  });

  it('of a result that was on its way when its id was taken goes, too', async () => {
    const { inbox, again } = await setUp();
    const settling = inbox.settle(settlement({ id: A, marker: true }));
    inbox.taken(7);
    await settling;
    expect(inbox.isMarked(A)).toBe(false);
    await inbox.settle(settlement({ id: B, marker: true }));
    expect(inbox.isMarked(B)).toBe(true);
    expect((await again()).isMarked(B)).toBe(true);
  });

  it('goes with the session that the broker has lost, in the commit of what is saved at once', async () => {
    const { inbox, journal, again } = await setUp();
    await inbox.settle(settlement({ id: A, marker: true }));
    await inbox.failed({ packetId: 9, digest: 'x' }, { attempts: 2, firstAt: 5 });
    const late = inbox.settle(settlement({ id: { packetId: 8, digest: 'late' }, marker: true }));
    inbox.lost();
    const saving = journal.sessions.save(session({ subscribed: [] }));
    expect([inbox.isMarked(A), inbox.failures({ packetId: 9, digest: 'x' })]).toEqual([false, undefined]);
    await Promise.all([late, saving]);
    expect(inbox.isMarked({ packetId: 8, digest: 'late' })).toBe(false);
    const found = await again();
    expect(found.isMarked(A)).toBe(false);
    expect(found.isMarked({ packetId: 8, digest: 'late' })).toBe(false);
    expect(found.failures({ packetId: 9, digest: 'x' })).toBeUndefined();
  });

  it('is forgotten with its session, and is none of the next session with its number', async () => {
    const { inbox, journal, again } = await setUp();
    await inbox.settle(settlement({ id: A, marker: true }));
    await journal.sessions.forget(session().clientId, session().broker);
    expect(inbox.isMarked(A)).toBe(false);
    // What ends after that has no session to be marked in.
    await inbox.settle(settlement({ id: B, marker: true }));
    expect(inbox.isMarked(B)).toBe(false);
    await journal.sessions.save(session());
    await inbox.settle(settlement({ id: { packetId: 3, digest: 'new' }, marker: true }));
    expect(inbox.isMarked({ packetId: 3, digest: 'new' })).toBe(true);
    const found = await again();
    expect([found.isMarked(A), found.isMarked(B), found.isMarked({ packetId: 3, digest: 'new' })]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('belongs to one session alone', async () => {
    const { inbox, journal } = await setUp();
    const other = session({ clientId: 'other', binding: 'b1' });
    await journal.sessions.save(other);
    await inbox.settle(settlement({ id: A, marker: true }));
    const second = journal.inbox('b1', other);
    expect(second.isMarked(A)).toBe(false);
    second.lost();
    await second.quiet();
    await journal.sessions.forget(other.clientId, other.broker);
    expect(inbox.isMarked(A)).toBe(true);
  });
});

describe('failed attempts', () => {
  it('of the very message are remembered over a restart', async () => {
    const { inbox, again } = await setUp();
    await inbox.failed(A, { attempts: 1, firstAt: 100 });
    await inbox.failed(A, { attempts: 2, firstAt: 100 });
    expect(inbox.failures(A)).toEqual({ attempts: 2, firstAt: 100 });
    const found = await again();
    expect(found.failures(A)).toEqual({ attempts: 2, firstAt: 100 });
    expect(found.failures(B)).toBeUndefined();
    expect(found.failures({ ...A, packetId: 8 })).toBeUndefined();
  });

  it('show when they are committed', async () => {
    const { inbox } = await setUp();
    const failing = inbox.failed(A, { attempts: 1, firstAt: 100 });
    expect(inbox.failures(A)).toBeUndefined();
    await failing;
    expect(inbox.failures(A)).toEqual({ attempts: 1, firstAt: 100 });
  });

  it.each([
    ['a settlement at QoS 2', (inbox: Inbox) => inbox.settle(settlement({ id: A, marker: true }))],
    ['a settlement at QoS 1', (inbox: Inbox) => inbox.settle(settlement({ id: A }))],
    ['a spill', (inbox: Inbox) => inbox.spill([spill({ id: A })])],
    ['another message under the id', async (inbox: Inbox) => inbox.taken(7)],
  ])('go with %s, committed or not', async (_, end) => {
    for (const isCommitted of [true, false]) {
      const { inbox, again } = await setUp();
      const failing = inbox.failed(A, { attempts: 1, firstAt: 100 });
      if (isCommitted) await failing;
      await Promise.all([failing, end(inbox)]);
      await inbox.quiet();
      expect(inbox.failures(A)).toBeUndefined();
      expect((await again()).failures(A)).toBeUndefined();
    }
  });
});

describe('quiet', () => {
  it('resolves when what concerns packet ids is committed', async () => {
    const { inbox } = await setUp();
    await inbox.quiet();
    void inbox.settle(settlement({ id: A, marker: true }));
    await inbox.quiet();
    expect(inbox.isMarked(A)).toBe(true);
    // What follows on a commit is waited for, too.
    const following = inbox
      .failed(A, { attempts: 1, firstAt: 1 })
      .then(() => inbox.failed(A, { attempts: 2, firstAt: 1 }));
    await inbox.quiet();
    expect(inbox.failures(A)?.attempts).toBe(2);
    await following;
  });

  it('rejects once the journal is closed', async () => {
    const { inbox, journal } = await setUp();
    await journal.close();
    await expect(inbox.settle(settlement({ id: A, marker: true }))).rejects.toThrow(/closed/);
    await expect(inbox.quiet()).rejects.toThrow(/closed/);
  });
});

it('a message under an id with nothing to delete needs no commit, whatever else is under way', async () => {
  const { inbox, journal } = await setUp();
  let commits = 0;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  void inbox.settle(settlement({ id: A, marker: true })).then(() => commits++);
  inbox.taken(8);
  expect(await inbox.released(8)).toBe(false);
  expect([commits, inbox.isMarked(A)]).toEqual([0, false]);
  await turn();
  await inbox.quiet();
  expect(inbox.isMarked(A)).toBe(true);
  expect(journal.size().bytes).toBe(0);
});
