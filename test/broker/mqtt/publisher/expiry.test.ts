import { describe, expect, test } from 'vitest';
import { outgoing } from '../../../support/broker-sessions.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryOutbox } from '../../../support/memory-outbox.ts';
import type { Peer } from '../../../support/scripted-broker.ts';
import { answering, payloads, publisherSession, row, story } from './publisher-session.ts';

/** A publish that expires after a minute, of which `left` milliseconds are left. */
const expiring = (text: string, left: number, qos: 0 | 1 | 2 = 2) =>
  outgoing('t', text, {
    qos,
    properties: { expiry: 60, userProperties: [] },
    expiresAt: Date.now() + left,
  });

const expiryOf = (peer: Peer, text: string) =>
  peer.of('publish').find(({ payload }) => payload.toString() === text)?.properties?.messageExpiryInterval;

/** Connects on an outbox to which `rows` were committed before. */
async function resumed(sessionPresent: boolean, ...rows: ReturnType<typeof expiring>[]) {
  const outbox = new MemoryOutbox();
  await outbox.commit(...rows);
  const session = await publisherSession({ script: answering({ sessionPresent }), outbox });
  await eventually(() => outbox.size === 0);
  return session;
}

describe('a row with an expiry', () => {
  test('says what is left of it when it is sent', async () => {
    const { outbox, peer } = await publisherSession({ script: answering() });
    await outbox.commit(expiring('whole', 60_000), expiring('rest', 2_000), expiring('qos 0', 30_000, 0));
    await eventually(() => outbox.size === 0 && payloads(peer).length === 3);
    expect(expiryOf(peer, 'whole')).toBeGreaterThan(55);
    expect([1, 2]).toContain(expiryOf(peer, 'rest'));
    expect(expiryOf(peer, 'qos 0')).toBeLessThanOrEqual(30);
  });

  test.each([0, 1, 2] as const)('is dropped where that is nothing, at qos %i, and the others go on', async (qos) => {
    const { outbox, peer, around } = await resumed(false, row('a'), expiring('late', -1, qos), row('b'));
    expect(payloads(peer)).toEqual(['a', 'b']);
    expect(around.of('publish-expired')).toEqual([{ kind: 'publish-expired', binding: 'b0', topic: 't' }]);
    expect(outbox.dead).toEqual([]);
  });

  test('goes out all the same where it may have been sent: the broker waits for the end of that [MQTT-4.3.3-7]', async () => {
    const { peer, around } = await resumed(true, expiring('late', -60_000));
    expect(story(peer)[0]).toBe('publish late dup');
    expect(expiryOf(peer, 'late')).toBe(1);
    expect(around.of('publish-expired')).toEqual([]);
  });

  test('is dropped on a resumed session where it came while the broker was away', async () => {
    const outbox = new MemoryOutbox();
    let connects = 0;
    const script = answering({ sessionPresent: true });
    const { scripted, peer, sender } = await publisherSession({
      outbox,
      script: (packet, on) => {
        if (packet.cmd === 'connect' && ++connects === 2) void outbox.commit(expiring('late', -1), row('b'));
        script(packet, on);
      },
    });
    peer.destroy();
    await eventually(() => !sender.publisher.online);
    const second = await scripted.peer(1);
    await eventually(() => payloads(second).length > 0 && outbox.size === 0);
    expect(payloads(second)).toEqual(['b']);
  });
});

describe('a confirmed publish with an expiry', () => {
  test.each([0, 1, 2] as const)('is told that its broker was away too long, at qos %i', async (qos) => {
    const { sender, peer, outbox } = await publisherSession({ script: answering() });
    const { topic, ...late } = expiring('late', -1, qos);
    expect(await sender.send(topic, 'late', late)).toMatchObject({
      ok: false,
      error: { tag: 'connection', val: expect.stringContaining('expired') },
    });
    expect(await sender.send('t', 'on', { qos })).toMatchObject({ ok: true });
    await eventually(() => payloads(peer).length > 0);
    expect([payloads(peer), outbox.size]).toEqual([['on'], 0]);
  });

  test.each([1, 2] as const)('says what is left of it, at qos %i', async (qos) => {
    const { sender, peer } = await publisherSession({ script: answering() });
    const { topic, ...rest } = expiring('rest', 1_500, qos);
    await sender.send(topic, 'rest', rest);
    expect([1, 2]).toContain(expiryOf(peer, 'rest'));
  });
});
