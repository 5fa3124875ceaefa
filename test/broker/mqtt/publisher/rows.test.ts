import { describe, expect, test } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { MemoryOutbox } from '../../../support/memory-outbox.ts';
import { obliging, type Script } from '../../../support/scripted-broker.ts';
import { answering, fence, idOf, OK, payloads, publisherSession, row, story, storyOf } from './publisher-session.ts';

const resuming = obliging({ sessionPresent: true });

describe('each step waits for its commit', () => {
  test('PUBLISH of a confirmed publish for its row', async () => {
    const { outbox, sender, peer } = await publisherSession({});
    outbox.held = true;
    const verdict = sender.send('t', 'x', { qos: 2 }, 30_000);
    // At QoS 0 and 1 what comes later waits too, to leave in order.
    void sender.send('t', 'later', { qos: 0 });
    expect(outbox.afterKill().size).toBe(0);
    await outbox.turn();
    expect(story(peer)).toEqual([]);
    outbox.flush();
    await eventually(() => payloads(peer).length === 2);
    expect(payloads(peer)).toEqual(['x', 'later']);
    peer.send({ cmd: 'pubrec', messageId: idOf(peer, 'x'), reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 1);
    peer.send({ cmd: 'pubcomp', messageId: idOf(peer, 'x'), reasonCode: 0 });
    expect(await verdict).toEqual(OK);
    expect(outbox.size).toBe(0);
  });

  test('PUBREL for "released", and a PUBREC meanwhile releases once', async () => {
    const { outbox, sender, peer } = await publisherSession({});
    await outbox.commit(row('x'));
    await eventually(() => payloads(peer).length === 1);
    outbox.held = true;
    const messageId = idOf(peer, 'x');
    peer.send({ cmd: 'pubrec', messageId, reasonCode: 0 }, { cmd: 'pubrec', messageId, reasonCode: 0 });
    await fence(sender, peer);
    expect(storyOf(peer)).toEqual(['publish x']);
    outbox.flush();
    await eventually(() => peer.of('pubrel').length > 0);
    await fence(sender, peer);
    expect(storyOf(peer)).toEqual(['publish x', `pubrel ${messageId}`]);
  });

  test('PUBCOMP counts only once "released" is committed', async () => {
    const { outbox, sender, peer } = await publisherSession({});
    await outbox.commit(row('x'));
    await eventually(() => payloads(peer).length === 1);
    const messageId = idOf(peer, 'x');
    outbox.held = true;
    peer.send({ cmd: 'pubrec', messageId, reasonCode: 0 }, { cmd: 'pubcomp', messageId, reasonCode: 0 });
    await fence(sender, peer);
    outbox.flush();
    await eventually(() => peer.of('pubrel').length === 1);
    await fence(sender, peer);
    expect(outbox.size).toBe(1);
    peer.send({ cmd: 'pubcomp', messageId, reasonCode: 0 });
    await eventually(() => outbox.size === 0);
  });

  test('a verdict for the deletion', async () => {
    const { outbox, sender, peer } = await publisherSession({});
    let settled = false;
    const verdict = sender.send('t', 'x', { qos: 2 }).then((result) => {
      settled = true;
      return result;
    });
    await eventually(() => payloads(peer).length === 1);
    peer.send({ cmd: 'pubrec', messageId: idOf(peer, 'x'), reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 1);
    outbox.held = true;
    peer.send({ cmd: 'pubcomp', messageId: idOf(peer, 'x'), reasonCode: 0 });
    await fence(sender, peer);
    expect(settled).toBe(false);
    outbox.flush();
    expect(await verdict).toEqual(OK);
  });

  test('at QoS 0, PUBLISH for the deletion; what is behind it stays behind it', async () => {
    const { outbox, sender, peer } = await publisherSession({});
    await outbox.commit(row('first'));
    outbox.held = true;
    const committed = outbox.commit(row('a', 0), row('b', 0), row('c'), row('d', 0), row('e', 1));
    outbox.flush();
    outbox.held = true;
    await committed;
    await fence(sender, peer);
    expect(payloads(peer).filter((text) => !text.startsWith('fence'))).toEqual(['first']);
    outbox.flush();
    await eventually(() => payloads(peer).filter((text) => !text.startsWith('fence')).length === 6);
    expect(payloads(peer).filter((text) => !text.startsWith('fence'))).toEqual(['first', 'a', 'b', 'c', 'd', 'e']);
    expect(outbox.size).toBe(3);
  });
});

describe('a new connection', () => {
  test('waits for what is uncommitted: released or not is told by what is committed', async () => {
    const { scripted, outbox, sender, peer } = await publisherSession({});
    await outbox.commit(row('a'), row('b'));
    await eventually(() => payloads(peer).length === 2);
    const [a, b] = [idOf(peer, 'a'), idOf(peer, 'b')];
    scripted.script = (packet, next) => {
      if (packet.cmd === 'connect') outbox.held = true;
      resuming(packet, next);
    };
    peer.send({ cmd: 'pubrec', messageId: a, reasonCode: 0 });
    peer.end();
    const next = await scripted.peer(1);
    await eventually(() => outbox.uncommitted > 0);
    await outbox.turn();
    expect([sender.publisher.online, sender.connections.length]).toEqual([false, 1]);
    expect(story(next)).toEqual([]);
    outbox.flush();
    await eventually(() => story(next).length === 2);
    expect(story(next)).toEqual([`pubrel ${a}`, 'publish b dup']);
    expect(idOf(next, 'b')).toBe(b);
  });

  test('PUBREL in place of PUBLISH only where "released" was committed before the kill', async () => {
    const first = await publisherSession({});
    await first.outbox.commit(row('a'), row('b'), row('c', 1));
    await eventually(() => payloads(first.peer).length === 3);
    const ids = ['a', 'b', 'c'].map((text) => idOf(first.peer, text));
    first.peer.send({ cmd: 'pubrec', messageId: ids[0] ?? 0, reasonCode: 0 });
    await eventually(() => first.peer.of('pubrel').length === 1);
    first.outbox.held = true;
    first.peer.send({ cmd: 'pubrec', messageId: ids[1] ?? 0, reasonCode: 0 });
    await fence(first.sender, first.peer);
    const outbox = first.outbox.afterKill();
    void outbox.commit(row('new'));
    const { peer, around } = await publisherSession({ outbox, script: resuming });
    await eventually(() => story(peer).length === 4);
    expect(peer.connect.clean).toBe(false);
    expect(story(peer)).toEqual([`pubrel ${ids[0]}`, 'publish b dup', 'publish c dup', 'publish new']);
    expect(['b', 'c'].map((text) => idOf(peer, text))).toEqual(ids.slice(1));
    expect(around.of('session-lost')).toEqual([]);
  });

  test('the broker lost the session: everything again, in order, with its payload, a new id and DUP 0', async () => {
    const { scripted, outbox, peer, around } = await publisherSession({});
    await outbox.commit(row('a'), row('b'), row('c', 1), row('d'));
    await eventually(() => payloads(peer).length === 4);
    const before = ['a', 'b', 'c', 'd'].map((text) => idOf(peer, text));
    peer.send({ cmd: 'pubrec', messageId: before[1] ?? 0, reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 1);
    scripted.script = obliging();
    peer.destroy();
    const next = await scripted.peer(1);
    await eventually(() => story(next).length === 4);
    expect(story(next)).toEqual(['publish a', 'publish b', 'publish c', 'publish d']);
    for (const text of ['a', 'b', 'c', 'd']) expect(before).not.toContain(idOf(next, text));
    expect(around.of('session-lost')).toMatchObject([{ binding: 'b0', mayRepeat: 4, mayBeLost: 0 }]);
    expect(around.of('notice')).toEqual([]);
  });

  test('in doubt with released rows: "may be lost" is reported', async () => {
    const first = await publisherSession({});
    await first.outbox.commit(row('a'));
    await eventually(() => payloads(first.peer).length === 1);
    first.peer.send({ cmd: 'pubrec', messageId: idOf(first.peer, 'a'), reasonCode: 0 });
    await eventually(() => first.peer.of('pubrel').length === 1);
    first.scripted.script = () => {};
    first.peer.destroy();
    await first.scripted.peer(1);
    const { around } = await publisherSession({ outbox: first.outbox.afterKill(), script: resuming });
    expect(around.of('session-lost')).toMatchObject([{ mayRepeat: 0, mayBeLost: 1 }]);
  });

  test('rows that wait for a packet id get one as others end, in order; what never left has no DUP', async () => {
    const outbox = new MemoryOutbox([], { maxId: 2 });
    void outbox.commit(row('a'), row('b'), row('c'), row('d', 0), row('e', 1));
    const { scripted, peer } = await publisherSession({ outbox });
    await eventually(() => payloads(peer).length === 2);
    scripted.script = answering({ sessionPresent: true });
    peer.destroy();
    const next = await scripted.peer(1);
    await eventually(() => outbox.size === 0);
    await eventually(() => payloads(next).length === 5);
    expect(story(next).filter((line) => line.startsWith('publish'))).toEqual([
      'publish a dup',
      'publish b dup',
      'publish c',
      'publish d',
      'publish e',
    ]);
  });

  test('a confirmed publish at QoS 1 goes again with DUP, and anew on a lost session; its id is given back', async () => {
    const { scripted, outbox, sender, peer } = await publisherSession({});
    const verdicts = [sender.send('t', 'a'), sender.send('t', 'late', {}, 60)];
    expect(await verdicts[1]).toEqual({ ok: false, error: { tag: 'timeout' } });
    expect(outbox.reserved).toBe(2);
    scripted.script = resuming;
    peer.destroy();
    const second = await scripted.peer(1);
    await eventually(() => story(second).length === 1);
    expect(story(second)).toEqual(['publish a dup']);
    expect(idOf(second, 'a')).toBe(idOf(peer, 'a'));
    scripted.script = answering();
    second.destroy();
    const third = await scripted.peer(2);
    expect(await verdicts[0]).toEqual(OK);
    expect(story(third)).toEqual(['publish a']);
    expect([outbox.reserved, outbox.size]).toEqual([0, 0]);
  });
});

test('rows and confirmed publishes take turns, within one window, and none waits for ever', async () => {
  const script = answering({ properties: { receiveMaximum: 2 } }, () => true);
  const { outbox, sender, peer } = await publisherSession({ script });
  await outbox.commit(row('hold 1', 1), row('hold 2', 1));
  await eventually(() => payloads(peer).length === 2);
  for (let i = 0; i < 4; i++) void sender.send('t', `c${i}`);
  await outbox.commit(...[0, 1, 2, 3].map((i) => row(`r${i}`, 1)));
  for (let i = 0; i < 8; i++) {
    const { messageId = 0 } = peer.of('publish')[i] ?? {};
    peer.send({ cmd: 'puback', messageId, reasonCode: 0 });
    await eventually(() => payloads(peer).length === i + 3);
  }
  const sent = payloads(peer).slice(2);
  expect(sent.filter((text) => text.startsWith('r'))).toEqual(['r0', 'r1', 'r2', 'r3']);
  expect(sent.filter((text) => text.startsWith('c'))).toEqual(['c0', 'c1', 'c2', 'c3']);
  for (let i = 0; i < 8; i += 2)
    expect(
      sent
        .slice(i, i + 2)
        .map((text) => text[0])
        .sort(),
    ).toEqual(['c', 'r']);
});

test('the rows of one commit leave in one batch', async () => {
  const { outbox, peer } = await publisherSession({});
  const before = peer.chunks;
  await outbox.commit(...Array.from({ length: 20 }, (_, i) => row(`${i}`)));
  await eventually(() => payloads(peer).length === 20);
  expect(peer.chunks - before).toBe(1);
});

describe('close', () => {
  test('lets the outbox leave first', async () => {
    const { outbox, sender, peer } = await publisherSession({ script: answering() });
    await outbox.commit(...Array.from({ length: 100 }, (_, i) => row(`${i}`)));
    await sender.publisher.close(20_000);
    expect(outbox.size).toBe(0);
    expect(payloads(peer)).toHaveLength(100);
    await eventually(() => peer.of('disconnect').length === 1);
  });

  test('leaves what the broker does not answer to the next process, in its time', async () => {
    const { outbox, sender } = await publisherSession({});
    await outbox.commit(row('a'));
    await sender.publisher.close(100);
    expect(outbox.afterKill().size).toBe(1);
  });

  test('does not wait for rows where there is no broker', async () => {
    const outbox = new MemoryOutbox();
    await outbox.commit(row('a'));
    const script: Script = (_packet, peer) => peer.destroy();
    const { sender } = await publisherSession({ outbox, script });
    // Longer than the test may take.
    await sender.publisher.close(120_000);
    expect(outbox.size).toBe(1);
  });
});
