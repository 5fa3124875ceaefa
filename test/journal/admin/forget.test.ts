import { describe, expect, it } from 'vitest';
import { forgetState, readJournal } from '../../../src/journal/index.ts';
import { connect, named, openOutbox, rowOf, show } from '../outgoing/outbox-fixture.ts';
import { die, letter, open, refusal, session, settlement, spill } from '../samples.ts';

async function stopped() {
  const { dir, outbox, journal, send } = await openOutbox();
  await journal.sessions.save(session());
  await journal.sessions.save(session({ clientId: 'other', binding: 'b1' }));
  const inbox = journal.inbox('b0', session());
  const other = journal.inbox('b1', session({ clientId: 'other' }));
  for (const box of [inbox, other]) {
    await box.spill([spill({ id: { packetId: 1, digest: 'x' }, marker: true }), spill()]);
    await box.failed({ packetId: 2, digest: 'x' }, { attempts: 1, firstAt: 1 });
    await box.settle(settlement({ handled: { source: '', id: 'e', until: Number.MAX_SAFE_INTEGER } }));
  }
  await die(journal, letter({ binding: 'b0' }));
  await connect(outbox, false);
  await send(named('a'), named('b'), named('c', { qos: 1 }), named('d', { qos: 0 }));
  await outbox.park(rowOf(outbox, 'b'), 'x');
  await journal.close();
  return dir;
}

const BINDING = { kind: 'binding', spilled: 2, markers: 1, attempts: 1, handled: 1 };
const OWN = { kind: 'publisher', name: 'app-b0-pub', broker: 'mqtt://b', key: 'broker as user', unsent: 3, parked: 1 };

describe('what a journal holds', () => {
  it('is told by binding and by publisher session, beside a running app too', async () => {
    const dir = await stopped();
    const expected = [{ ...BINDING, name: 'b0', deadLetters: 2 }, { ...BINDING, name: 'b1', deadLetters: 0 }, OWN];
    const view = readJournal(dir);
    expect(view.holdings()).toEqual(expected);
    const journal = await open({ dir });
    expect(journal.holdings()).toEqual(expected);
    expect(view.size()).toEqual({ ...journal.size(), max: undefined });
    expect(view.size()).toMatchObject({ spilled: 4, unsent: 3, deadLetters: 2 });
    view.close();
  });
});

describe('forgetting', () => {
  it('deletes what is held for a binding, and nothing of another', async () => {
    const dir = await stopped();
    expect(await forgetState(dir, ['b0', 'nobody'])).toEqual([{ ...BINDING, name: 'b0', deadLetters: 2 }]);
    const { journal, outbox } = await openOutbox(dir);
    expect(journal.holdings()).toEqual([
      { ...BINDING, name: 'b1', deadLetters: 0 },
      { ...OWN, parked: 0 },
    ]);
    const inbox = journal.inbox('b0', session());
    expect([inbox.isMarked({ packetId: 1, digest: 'x' }), inbox.spilledCount]).toEqual([false, 0]);
    expect(inbox.wasHandled('', 'e')).toBe(false);
    // The start has to end it at the broker.
    expect(journal.sessions.all()).toHaveLength(2);
    // The broker may hold the first half of what was parked.
    while (outbox.reserve() !== undefined);
    expect(outbox.get(2)).toBeUndefined();
    outbox.unreserve(5);
    expect(outbox.reserve()).toBe(5);
  });

  it('deletes what is held for a publisher session, and keeps packet ids that its broker may know', async () => {
    const dir = await stopped();
    expect(await forgetState(dir, ['app-b0-pub'])).toEqual([OWN]);
    const { journal, outbox } = await openOutbox(dir);
    expect([outbox.size, show(outbox)]).toEqual([0, []]);
    expect(journal.holdings().map(({ name }) => name)).toEqual(['b0', 'b1']);
    expect(journal.size()).toMatchObject({ unsent: 0, spilled: 4, deadLetters: 2 });
    const free: (number | undefined)[] = [];
    for (let id = outbox.reserve(); id !== undefined; id = outbox.reserve()) free.push(id);
    expect([1, 2, 3].map((id) => free.includes(id))).toEqual([false, false, true]);
    expect(journal.deadLetters.list().map(({ kind, parked }) => [kind, parked])).toEqual([
      ['message', false],
      ['publish', true],
    ]);
  });

  it('is refused while a host runs', async () => {
    const dir = await stopped();
    await open({ dir });
    expect(await refusal(() => forgetState(dir, ['b0']), dir)).toBe('ERR_STATE_LOCKED');
  });
});
