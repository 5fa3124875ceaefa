import { describe, expect, test } from 'vitest';
import { outgoing } from '../../../support/broker-sessions.ts';
import { eventually } from '../../../support/eventually.ts';
import { obliging, type Peer, type Script } from '../../../support/scripted-broker.ts';
import { answering, fence, idOf, OK, payloads, publisherSession, row, story } from './publisher-session.ts';

/** Answers "bad" with `reasonCode`. */
const refusing = (reasonCode: number): Script =>
  answering({}, (text, peer) => {
    if (!text.startsWith('bad')) return false;
    const { messageId = 0, qos } = peer.of('publish').at(-1) ?? {};
    peer.send({ cmd: qos === 2 ? 'pubrec' : 'puback', messageId, reasonCode, properties: { reasonString: 'why' } });
    return true;
  });

describe('a row that the broker refuses', () => {
  test('becomes a dead letter with the reason, and the others go on', async () => {
    const { outbox, around, peer } = await publisherSession({ script: refusing(0x87) });
    await outbox.commit(row('a'), row('bad'), row('bad too', 1), row('b'));
    await eventually(() => outbox.size === 0);
    expect(outbox.dead).toMatchObject([
      { reason: expect.stringMatching(/refused the publish to "t": .*why/), parked: false },
      { reason: expect.stringMatching(/refused the publish to "t": .*why/), parked: false },
    ]);
    expect(around.of('publish-dead-letter')).toMatchObject([
      { binding: 'b0', topic: 't', parked: false, error: expect.stringContaining('why') },
      { parked: false },
    ]);
    expect(payloads(peer)).toEqual(['a', 'bad', 'bad too', 'b']);
    expect(peer.of('pubrel')).toHaveLength(2);
  });

  test('is told to who waits for it, and is no dead letter then; a dead letter once nobody waits', async () => {
    const { outbox, sender, peer } = await publisherSession({ script: refusing(0x87) });
    expect(await sender.send('t', 'bad', { qos: 2 })).toMatchObject({ error: { tag: 'permission-denied' } });
    expect([outbox.size, outbox.dead.length]).toEqual([0, 0]);
    outbox.held = true;
    const late = sender.send('t', 'bad late', { qos: 2 }, 50);
    expect(await late).toEqual({ ok: false, error: { tag: 'timeout' } });
    outbox.flush();
    await eventually(() => outbox.dead.length === 1);
    expect(payloads(peer)).toEqual(['bad', 'bad late']);
  });

  test.each([
    [{ maximumPacketSize: 40 }, outgoing('t', 'x'.repeat(50), { qos: 2 }), /takes 40/],
    [{ maximumQoS: 1 }, outgoing('t', 'x', { qos: 2 }), /QoS 1 at most/],
    [{ retainAvailable: false }, outgoing('t', 'x', { retain: true }), /retained/],
  ] as const)('is not sent where CONNACK says %j', async (properties, event, reason) => {
    const { outbox, sender, peer } = await publisherSession({ script: answering({ properties }) });
    await outbox.commit(event, row('good', 1));
    await eventually(() => outbox.size === 0);
    expect(outbox.dead).toMatchObject([{ reason: expect.stringMatching(reason), parked: false }]);
    expect(payloads(peer)).toEqual(['good']);
    expect(sender.publisher.check(event)).toMatchObject({ val: expect.stringMatching(reason) });
    expect(sender.publisher.check(row('good', 1))).toBeUndefined();
  });

  test('is not sent where the protocol cannot carry it', async () => {
    const connection = { protocol: 4 } as const;
    const { outbox, sender, peer } = await publisherSession({ script: answering(), connection });
    const event = outgoing('t', 'x', { properties: { expiry: 5, userProperties: [] } });
    expect(sender.publisher.check(event)).toMatchObject({ tag: 'invalid-argument' });
    await outbox.commit(event, row('good'));
    await eventually(() => outbox.size === 0);
    expect(outbox.dead).toMatchObject([{ reason: expect.stringContaining('expiry') }]);
    expect(payloads(peer)).toEqual(['good']);
  });
});

test('a quota is waited for, and nothing new is sent meanwhile', async () => {
  let refusals = 0;
  const script = answering({}, (text, peer) => {
    if (text !== 'a' || refusals === 2) return false;
    refusals++;
    peer.send({ cmd: 'pubrec', messageId: idOf(peer, 'a'), reasonCode: 0x97 });
    return true;
  });
  const { outbox, peer } = await publisherSession({ script });
  await outbox.commit(row('a'));
  const from = performance.now();
  await eventually(() => refusals === 1);
  await outbox.commit(row('b'));
  await eventually(() => outbox.size === 0);
  // 500 ms, then twice that, less the jitter.
  expect(performance.now() - from).toBeGreaterThan(1100);
  expect(story(peer).filter((line) => line.startsWith('publish'))).toEqual([
    'publish a',
    'publish a',
    'publish a',
    'publish b',
  ]);
  expect(
    new Set(
      peer
        .of('publish')
        .slice(0, 3)
        .map(({ messageId }) => messageId),
    ).size,
  ).toBe(1);
  expect(outbox.dead).toEqual([]);
});

describe('a broker that closes the connection over a publish', () => {
  const closing = (connack: Parameters<typeof obliging>[0] = {}): Script =>
    answering(connack, (text, peer) => {
      if (text.startsWith('bad')) peer.destroy();
      return text.startsWith('bad') || peer.closed;
    });
  const resumingAfterFirst = (): Script => {
    const peers = new Set<Peer>();
    return (packet, peer) => {
      peers.add(peer);
      closing({ sessionPresent: peers.size > 1 })(packet, peer);
    };
  };

  test.each([5, 4] as const)(
    'over version %i, that one is parked, and the rest arrives, in order',
    async (protocol) => {
      const { scripted, outbox, around } = await publisherSession({
        script: resumingAfterFirst(),
        connection: { protocol },
      });
      const texts = ['a', 'b', 'bad', 'c', 'd', 'bad too', 'e'];
      await outbox.commit(...texts.map((text) => row(text)));
      await eventually(() => outbox.size === 0, { timeout: 15_000 });
      expect(outbox.dead).toMatchObject([
        { key: 3, parked: true, reason: expect.stringContaining('may have been delivered') },
        { key: 6, parked: true },
      ]);
      expect(around.of('publish-dead-letter')).toMatchObject([{ topic: 't', parked: true }, { parked: true }]);
      const released = scripted.peers.flatMap((peer) => peer.of('pubrel').map(({ messageId }) => messageId));
      expect([...new Set(released)]).toEqual([1, 2, 4, 5, 7]);
      // Three losses, and two with each bad one alone.
      expect(scripted.peers.length).toBeLessThanOrEqual(8);
      // Each one found starts the backoff again: 250 ms and its jitter.
      expect(Math.max(...around.of('retrying').map(({ delay }) => delay))).toBeLessThanOrEqual(300);
      await outbox.commit(row('after'), row('after all'));
      await eventually(() => outbox.size === 0);
    },
  );

  test('new rows at each connection do not hide it', async () => {
    const { scripted, outbox, around } = await publisherSession({ script: resumingAfterFirst() });
    await outbox.commit(row('bad'), row('0'));
    for (let i = 1; i < 5; i++) {
      await eventually(() => around.of('connected').length > i);
      await outbox.commit(row(`${i}`));
    }
    await eventually(() => outbox.size === 0);
    expect(outbox.dead).toMatchObject([{ key: 1, parked: true }]);
    expect(scripted.peers.length).toBeLessThanOrEqual(7);
  });

  test('a confirmed publish that does it fails', async () => {
    const { sender, outbox } = await publisherSession({ script: resumingAfterFirst() });
    const [bad, good] = await Promise.all([sender.send('t', 'bad'), sender.send('t', 'good')]);
    expect(bad).toMatchObject({ error: { tag: 'other', val: expect.stringContaining('ended the connection') } });
    expect(good).toEqual(OK);
    expect(outbox.reserved).toBe(0);
  });

  test('a suspect that was given up meanwhile does not leave the others going one at a time', async () => {
    const { scripted, sender, outbox } = await publisherSession({ script: resumingAfterFirst() });
    const bad = sender.send('t', 'bad', {}, 4000);
    const answer = scripted.script;
    scripted.script = (packet, peer) => {
      if (scripted.peers.length < 4) answer(packet, peer);
    };
    const fourth = await scripted.peer(3);
    expect(scripted.peers.slice(0, 3).map(payloads)).toEqual([['bad'], ['bad'], ['bad']]);
    expect(await bad).toEqual({ ok: false, error: { tag: 'timeout' } });
    fourth.send({ cmd: 'connack', sessionPresent: true, reasonCode: 0, returnCode: 0 });
    await eventually(() => sender.publisher.online);
    await outbox.commit(row('a'), row('b'));
    // Well before the patience with one that goes alone ends.
    await eventually(() => payloads(fourth).length === 2, { timeout: 5000 });
  });

  test('a parked row is replayed with DUP under its id', async () => {
    const { scripted, outbox } = await publisherSession({ script: resumingAfterFirst() });
    await outbox.commit(row('bad'), row('x'));
    await eventually(() => outbox.dead.length === 1 && outbox.size === 0);
    const last = scripted.peers.at(-1) as Peer;
    scripted.script = answering();
    await outbox.replay(1);
    await eventually(() => outbox.size === 0);
    expect(story(last).filter((line) => line.includes('bad'))).toEqual(['publish bad dup']);
    expect(idOf(last, 'bad')).toBe(idOf(scripted.peers[0] as Peer, 'bad'));
  });
});

// Mosquitto 2.0.11 with max_queued_messages 0 does: over 3.1.1 its answer does not even say that it is a refusal.
test.each([
  [5, 0x87],
  [4, 0],
] as const)(
  'a broker that answers and then closes takes nothing else, and is no takeover (%i)',
  async (protocol, reasonCode) => {
    const peers = new Set<Peer>();
    const { outbox, sender, around } = await publisherSession({
      connection: { protocol },
      script: (packet, peer) => {
        peers.add(peer);
        if (packet.cmd !== 'publish' || !packet.payload.toString().startsWith('bad')) {
          answering({ sessionPresent: peers.size > 1 })(packet, peer);
          return;
        }
        peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
        peer.end();
      },
    });
    const texts = Array.from({ length: 5 }, (_, index) => `bad ${index}`);
    for (const [index, text] of texts.entries()) {
      await outbox.commit(row(text, 1));
      await eventually(() => outbox.size === 0 && around.of('retrying').length > index, { timeout: 5000 });
    }
    await outbox.commit(row('good'));
    await eventually(() => outbox.size === 0, { timeout: 5000 });
    expect(sender.errors).toEqual([]);
    expect(outbox.dead).toHaveLength(protocol === 5 ? 5 : 0);
    expect([...peers].flatMap(payloads)).toEqual([...texts, 'good']);
    // What was refused is no reason to wait longer each time.
    if (protocol === 5) expect(Math.max(...around.of('retrying').map(({ delay }) => delay))).toBeLessThanOrEqual(300);
  },
);

test('connections that end with nothing unanswered, or a broker that is away, park nothing', async () => {
  const { scripted, outbox, sender, peer } = await publisherSession({});
  await outbox.commit(row('x'));
  await eventually(() => payloads(peer).length === 1);
  let refuse = false;
  scripted.script = (packet, next) => {
    if (packet.cmd === 'connect') refuse = !refuse;
    if (packet.cmd === 'connect' && refuse) next.destroy();
    else obliging({ sessionPresent: true })(packet, next);
  };
  let current = peer;
  for (let i = 1; i < 6; i++) {
    const index = scripted.peers.length;
    current.destroy();
    await eventually(() => scripted.peers.slice(index).some((next) => payloads(next).includes('x')));
    current = scripted.peers.at(-1) as Peer;
  }
  await fence(sender, current);
  expect(outbox.dead).toEqual([]);
  expect(outbox.size).toBe(1);
});
