import { describe, expect, it } from 'vitest';
import { Subscription, subscriptionChange, wireFilters } from '../../src/delivery/subscription.ts';
import type { RememberedSession, Sessions } from '../../src/journal.ts';
import { binding, connection } from './fixtures.ts';

const IDENTITY = { clientId: 'c', broker: 'tcp://127.0.0.1:1883' };

function memorySessions(start?: RememberedSession) {
  let kept = start;
  const log: Partial<RememberedSession>[] = [];
  const sessions: Sessions = {
    instance: 'abcdefgh',
    fresh: false,
    all: () => (kept === undefined ? [] : [kept]),
    get: () => kept,
    save: async (session) => {
      kept = session;
      log.push(session);
    },
    forget: async () => {
      kept = undefined;
    },
  };
  return { sessions, kept: () => kept, log };
}

/** One whole connection. */
async function connect(subscription: Subscription, sessionPresent: boolean) {
  await subscription.connecting();
  const change = await subscription.connected(connection(sessionPresent));
  if (change.subscribe.length + change.unsubscribe.length > 0) await subscription.subscribed();
  return change;
}

describe('Subscription', () => {
  it('subscribes on a new session and is remembered', async () => {
    const { sessions, kept } = memorySessions();
    expect(await connect(new Subscription(binding(), IDENTITY, sessions), false)).toEqual({
      unsubscribe: [],
      subscribe: ['a/+'],
    });
    expect(kept()).toMatchObject({ subscribed: ['a/+'], inDoubt: false, qos: 1 });
  });

  it('does not subscribe again on a resumed session with unchanged filters', async () => {
    const { sessions, kept } = memorySessions();
    await connect(new Subscription(binding(), IDENTITY, sessions), false);
    expect(await connect(new Subscription(binding(), IDENTITY, sessions), true)).toEqual({
      unsubscribe: [],
      subscribe: [],
    });
    expect(kept()?.inDoubt).toBe(false);
  });

  it('subscribes a queue again on every connection, since a broker may keep the session and not the share', async () => {
    const { sessions, kept } = memorySessions();
    const queue = binding({ kind: 'queue', group: 'g' });
    await connect(new Subscription(queue, IDENTITY, sessions), false);
    const again = await connect(new Subscription(queue, IDENTITY, sessions), true);
    expect(again).toEqual({ unsubscribe: [], subscribe: ['$share/g/a/+'] });
    expect(kept()?.inDoubt).toBe(false);
  });

  it('is in doubt from before the CONNECT until the commit after the answer', async () => {
    const { sessions, kept } = memorySessions();
    const subscription = new Subscription(binding(), IDENTITY, sessions);
    await subscription.connecting();
    expect(kept()?.inDoubt).toBe(true);
    await subscription.connected(connection(false));
    expect(kept()?.inDoubt).toBe(true);
    await subscription.subscribed();
    expect(kept()?.inDoubt).toBe(false);
  });

  it('subscribes again on a connection that starts in doubt, whatever the CONNACK says', async () => {
    const { sessions } = memorySessions();
    const subscription = new Subscription(binding(), IDENTITY, sessions);
    await connect(subscription, false);
    await subscription.connecting();
    await subscription.connecting();
    expect((await subscription.connected(connection(true))).subscribe).toEqual(['a/+']);
  });

  it('unsubscribes filters that are gone from the configuration and subscribes new ones', async () => {
    const { sessions } = memorySessions();
    await connect(new Subscription(binding({ filters: ['a', 'b'] }), IDENTITY, sessions), false);
    const changed = new Subscription(binding({ filters: ['b', 'c'] }), IDENTITY, sessions);
    expect(await connect(changed, true)).toEqual({ unsubscribe: ['a'], subscribe: ['c'] });
  });

  it('subscribes all again when the qos changed', async () => {
    const { sessions } = memorySessions();
    await connect(new Subscription(binding(), IDENTITY, sessions), false);
    expect((await connect(new Subscription(binding({ qos: 2 }), IDENTITY, sessions), true)).subscribe).toEqual(['a/+']);
  });

  it('writes a queue as a shared subscription', () => {
    expect(wireFilters(binding({ kind: 'queue', group: 'g', filters: ['a/+', 'b'] }))).toEqual([
      '$share/g/a/+',
      '$share/g/b',
    ]);
  });

  it('knows a change of kind as a change of filters', () => {
    const remembered = { subscribed: ['a/+'], qos: 1 as const };
    expect(subscriptionChange(['$share/g/a/+'], 1, remembered, true)).toEqual({
      unsubscribe: ['a/+'],
      subscribe: ['$share/g/a/+'],
    });
  });
});
