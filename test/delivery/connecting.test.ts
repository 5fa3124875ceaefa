import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connection, incoming, settled } from './fixtures.ts';
import { advance, ERR, IDENTITY, OK, setUp, topics, useFakeTimers } from './harness.ts';
import { MemoryJournal } from './memory-journal.ts';

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

const at2 = (topic: string, packetId: number, dup = false) => incoming(topic, { qos: 2, packetId, dup });
const manual = () => {
  const set = setUp({ qos: 2 }, { journal: new MemoryJournal() });
  const commit = async () => {
    await settled();
    set.journal.commit();
    await settled();
  };
  /** A whole connection, with the commits that it waits for. */
  const connect = async (sessionPresent: boolean) => {
    const done = set.subscriber.connect(sessionPresent);
    for (let i = 0; i < 4; i++) await commit();
    await done;
  };
  return { ...set, commit, connect };
};

describe('connecting', () => {
  it('commits "in doubt" before CONNECT', async () => {
    const { delivery, journal, commit } = manual();
    let connected = false;
    void delivery.connecting().then(() => {
      connected = true;
    });
    await settled();
    expect(connected).toBe(false);
    await commit();
    expect(connected).toBe(true);
    expect(journal.get(IDENTITY.clientId, IDENTITY.broker)?.inDoubt).toBe(true);
  });

  it('looks at a CONNACK only when nothing is uncommitted', async () => {
    const { delivery, subscriber, journal, calls, commit, connect } = manual();
    await connect(false);
    subscriber.receive(at2('a', 1));
    calls[0]?.resolve(OK);
    await settled();
    expect(journal.pending).toEqual(['settle']);
    subscriber.drop();
    const doubted = delivery.connecting();
    await settled();
    const looked = subscriber.connected(true);
    await settled();
    expect(journal.pending).toEqual(['settle', 'session in doubt']);
    expect(subscriber.online).toBe(false);
    await commit();
    await doubted;
    expect(journal.pending).toEqual(['session']);
    await commit();
    await looked;
    subscriber.receive(at2('a', 1, true));
    await commit();
    expect(calls.length).toBe(1);
    expect(subscriber.acknowledged).toEqual(['pubrec 1']);
  });

  it('deletes markers, attempts and filters of a lost session in one commit, and subscribes after it', async () => {
    const { subscriber, journal, calls, commit, connect } = manual();
    await connect(false);
    for (const id of [1, 2]) subscriber.receive(at2(`a/${id}`, id));
    calls[0]?.resolve(OK);
    calls[1]?.resolve(ERR);
    await commit();
    const { durable } = journal;
    expect([durable.markers.size, durable.attempts.size]).toEqual([1, 1]);
    subscriber.drop();
    subscriber.sent.length = 0;
    journal.commits.length = 0;
    void subscriber.connect(false);
    await commit();
    await settled();
    expect(journal.pending).toEqual(['lost', 'session in doubt']);
    expect(subscriber.sent).toEqual([]);
    expect(durable.markers.size).toBe(1);
    await commit();
    expect([durable.markers.size, durable.attempts.size]).toEqual([0, 0]);
    expect(journal.all()[0]).toMatchObject({ subscribed: [], inDoubt: true });
    expect(subscriber.sent).toEqual([{ cmd: 'subscribe', packetId: 0 }]);
    await commit();
    expect(journal.all()[0]).toMatchObject({ subscribed: ['#'], inDoubt: false });
  });

  it('keeps markers and attempts of a session that is resumed', async () => {
    const { subscriber, journal, calls, commit, connect } = manual();
    await connect(false);
    for (const id of [1, 2]) subscriber.receive(at2(`a/${id}`, id));
    calls[0]?.resolve(OK);
    calls[1]?.resolve(ERR);
    await commit();
    subscriber.drop();
    await connect(true);
    expect([journal.durable.markers.size, journal.durable.attempts.size]).toEqual([1, 1]);
  });

  it('lets calls of a lost session run on: their effects are committed, without marker or acknowledgement', async () => {
    const { subscriber, journal, calls, commit, connect, answer } = manual();
    await connect(false);
    subscriber.receive(at2('a', 1));
    subscriber.drop();
    await connect(false);
    await answer(0, OK, 'effect');
    await commit();
    expect(journal.settlements).toMatchObject([{ marker: false, id: undefined }]);
    expect(journal.durable.published.map(({ event }) => event.id)).toEqual(['effect']);
    expect([subscriber.acknowledged, subscriber.window.messages]).toEqual([[], 0]);
    // The same id names another message now, equal as it may be.
    subscriber.receive(at2('a', 1, true));
    await commit();
    expect(calls.length).toBe(2);
  });

  it('takes nothing for a repeat that comes on a new session', async () => {
    const { subscriber, calls, commit, connect } = manual();
    await connect(false);
    subscriber.receive(at2('a', 1));
    calls[0]?.resolve(OK);
    await commit();
    subscriber.drop();
    await connect(false);
    subscriber.receive(at2('a', 1, true));
    await commit();
    expect(topics(calls)).toEqual(['a', 'a']);
  });

  it('commits the marker of a call whose connection is gone, and answers the repeat by it', async () => {
    const { subscriber, journal, calls, commit, connect } = manual();
    await connect(false);
    subscriber.receive(at2('a', 1));
    subscriber.drop();
    calls[0]?.resolve(OK);
    await commit();
    expect([journal.durable.markers.size, subscriber.acknowledged]).toEqual([1, []]);
    await connect(true);
    subscriber.receive(at2('a', 1, true));
    await commit();
    expect([calls.length, subscriber.acknowledged]).toEqual([1, ['pubrec 1']]);
  });

  it('does not clear the doubt of a newer connection', async () => {
    const { delivery, journal, commit } = manual();
    const answer = (sessionPresent: boolean, epoch: number) => delivery.connected(connection(sessionPresent, epoch));
    void delivery.connecting();
    await commit();
    journal.taken(1);
    void journal.failed({ packetId: 1, digest: 'd' }, { attempts: 1, firstAt: 0 });
    const late = answer(true, 1);
    await settled();
    // That connection is lost while its CONNACK waits for the commit, and another one begins.
    void delivery.connecting();
    await commit();
    await commit();
    expect(await late).toEqual({ unsubscribe: [], subscribe: [] });
    expect(journal.all()[0]?.inDoubt).toBe(true);
    const change = answer(true, 2);
    await commit();
    expect((await change).subscribe).toEqual(['#']);
  });

  it('says whether it carries its filters', async () => {
    const { delivery, subscriber } = setUp();
    expect(delivery.isSubscribed).toBe(false);
    await subscriber.connect(false);
    expect(delivery.isSubscribed).toBe(true);
    subscriber.drop();
    expect(delivery.isSubscribed).toBe(false);
    await subscriber.connect(true);
    expect(delivery.isSubscribed).toBe(true);
    await advance(0);
  });
});
