import { describe, expect, test } from 'vitest';
import { connectionTo, openPublisher, outgoing, testBroker } from '../../../support/broker-sessions.ts';
import { eventually } from '../../../support/eventually.ts';
import { obliging, type Peer, type Script, startScriptedBroker } from '../../../support/scripted-broker.ts';

const OK = { ok: true, value: undefined };
const payloads = (peer: Peer) => peer.of('publish').map(({ payload }) => payload.toString());

/** Accepts with `connack`, and leaves PUBLISH and PUBREL unanswered. */
async function session(connack: Parameters<typeof obliging>[0] = {}, script?: Script) {
  const scripted = await startScriptedBroker(script ?? obliging(connack));
  const around = testBroker();
  const sender = openPublisher(around.broker, connectionTo(scripted.port));
  const peer = await scripted.peer();
  await sender.publisher.whenOnline();
  return { scripted, around, sender, peer };
}

describe('verdicts', () => {
  test.each([
    [0x87, 'permission-denied'],
    [0x90, 'invalid-argument'],
    [0x99, 'invalid-argument'],
    [0x97, 'other'],
    [0x80, 'other'],
  ] as const)('reason %i of PUBACK and PUBREC is %s', async (reasonCode, tag) => {
    const { sender, peer } = await session();
    const verdicts = [sender.send('t', 'one'), sender.send('t', 'two', { qos: 2 })];
    await eventually(() => peer.of('publish').length === 2);
    const [one, two] = peer.of('publish');
    const properties = { reasonString: 'because' };
    peer.send({ cmd: 'puback', messageId: one?.messageId ?? 0, reasonCode, properties });
    peer.send({ cmd: 'pubrec', messageId: two?.messageId ?? 0, reasonCode, properties });
    for (const verdict of await Promise.all(verdicts)) {
      expect(verdict).toMatchObject({ ok: false, error: { tag } });
      expect(JSON.stringify(verdict)).toMatch(/refused the publish to .*: because/);
    }
  });

  test('no matching subscribers is ok', async () => {
    const { sender, peer } = await session();
    const verdict = sender.send('t', 'x');
    await eventually(() => peer.of('publish').length === 1);
    peer.send({ cmd: 'puback', messageId: peer.of('publish')[0]?.messageId ?? 0, reasonCode: 0x10 });
    expect(await verdict).toEqual(OK);
  });

  test('what the CONNACK rules out is not sent', async () => {
    const properties = { maximumPacketSize: 60, maximumQoS: 1, retainAvailable: false };
    const { sender, peer, around } = await session({ properties });
    expect(around.of('notice')).toMatchObject([{ text: expect.stringContaining('60 bytes') }]);
    const large = await sender.send('t', 'x'.repeat(60), { qos: 0 });
    expect(large).toMatchObject({ error: { tag: 'invalid-argument', val: expect.stringContaining('takes 60') } });
    expect(await sender.send('t', 'x', { qos: 2 })).toMatchObject({ error: { tag: 'other' } });
    expect(await sender.send('t', 'x', { retain: true })).toMatchObject({ error: { tag: 'other' } });
    expect(await sender.send('a/#', 'x')).toMatchObject({ error: { tag: 'invalid-argument' } });
    expect(await sender.send('t', 'small', { qos: 0 })).toEqual(OK);
    await eventually(() => peer.of('publish').length === 1);
    expect(payloads(peer)).toEqual(['small']);
  });
});

describe('the window', () => {
  test.each([
    [{ properties: { receiveMaximum: 3 } }, 3],
    [{}, 20],
  ])('CONNACK %j lets %i publishes be open; the others wait in order, QoS 0 too', async (connack, window) => {
    const { sender, peer } = await session(connack);
    const texts = Array.from({ length: window + 3 }, (_, i) => `m${i}`);
    for (const [i, text] of texts.entries()) void sender.send('t', text, { qos: i === window ? 0 : 1 });
    await eventually(() => peer.of('publish').length >= window);
    peer.send({ cmd: 'puback', messageId: peer.of('publish')[0]?.messageId ?? 0, reasonCode: 0 });
    await eventually(() => peer.of('publish').length >= window + 2);
    expect(payloads(peer)).toEqual(texts.slice(0, window + 2));
  });

  test('more than 10,000 waiting publishes are turned away', async () => {
    const scripted = await startScriptedBroker(() => {});
    const sender = openPublisher(testBroker().broker, connectionTo(scripted.port));
    const message = outgoing('t', 'x');
    for (let i = 0; i < 10_000; i++) void sender.publisher.publish(message, 60_000);
    const verdict = await sender.publisher.publish(message, 60_000);
    expect(verdict).toMatchObject({ error: { tag: 'other', val: expect.stringContaining('too many') } });
  });
});

describe('resuming', () => {
  const resuming: Script = (packet, peer) => obliging({ sessionPresent: true })(packet, peer);

  test('PUBREL for released rows, PUBLISH with DUP for the rest, same ids, first order, before anything new', async () => {
    const { scripted, sender, peer } = await session();
    const texts = ['a', 'b', 'c'];
    const verdicts = texts.map((text) => sender.send('t', text, { qos: 2 }));
    await eventually(() => peer.of('publish').length === 3);
    const ids = peer.of('publish').map(({ messageId }) => messageId);
    peer.send({ cmd: 'pubrec', messageId: ids[1] ?? 0, reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 1);
    scripted.script = resuming;
    peer.destroy();
    await eventually(() => !sender.publisher.online);
    verdicts.push(sender.send('t', 'new', { qos: 2 }));
    const next = await scripted.peer(1);
    await eventually(() => next.of('publish').length === 3);
    expect(next.received.slice(1).map(({ cmd, messageId }) => [cmd, messageId])).toEqual([
      ['publish', ids[0]],
      ['pubrel', ids[1]],
      ['publish', ids[2]],
      ['publish', expect.any(Number)],
    ]);
    expect(next.of('publish').map(({ dup }) => dup)).toEqual([true, true, false]);
    expect([peer.connect.clean, next.connect.clean]).toEqual([false, false]);
    for (const { messageId = 0 } of next.of('publish')) next.send({ cmd: 'pubrec', messageId, reasonCode: 0 });
    await eventually(() => next.of('pubrel').length === 4);
    for (const { messageId = 0 } of next.of('pubrel')) next.send({ cmd: 'pubcomp', messageId, reasonCode: 0 });
    expect(await Promise.all(verdicts)).toEqual([OK, OK, OK, OK]);
  });

  test('a lost session: everything again as new, in order, with one warning', async () => {
    const { scripted, sender, peer, around } = await session();
    for (const text of ['a', 'b']) void sender.send('t', text, { qos: 2 });
    await eventually(() => peer.of('publish').length === 2);
    peer.send({ cmd: 'pubrec', messageId: peer.of('publish')[0]?.messageId ?? 0, reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 1);
    peer.destroy();
    const next = await scripted.peer(1);
    await eventually(() => next.of('publish').length === 2);
    expect(payloads(next)).toEqual(['a', 'b']);
    expect(next.of('publish').map(({ dup }) => dup)).toEqual([false, false]);
    expect(next.of('pubrel')).toEqual([]);
    expect(around.of('session-lost')).toMatchObject([{ mayRepeat: 2, mayBeLost: 0 }]);
    expect(around.of('notice')).toEqual([]);
  });

  test('PUBREC again is answered with PUBREL, PUBCOMP counts only after it, unknown ids are ignored', async () => {
    const { sender, peer } = await session();
    const verdict = sender.send('t', 'x', { qos: 2 });
    await eventually(() => peer.of('publish').length === 1);
    const messageId = peer.of('publish')[0]?.messageId ?? 0;
    peer.send({ cmd: 'pubcomp', messageId, reasonCode: 0 }, { cmd: 'pubrec', messageId: 4711, reasonCode: 0 });
    peer.send({ cmd: 'pubrec', messageId, reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 1);
    peer.send({ cmd: 'pubrec', messageId, reasonCode: 0 });
    await eventually(() => peer.of('pubrel').length === 2);
    peer.send({ cmd: 'pubcomp', messageId, reasonCode: 0 });
    expect(await verdict).toEqual(OK);
    expect(peer.of('pubrel').map((packet) => packet.messageId)).toEqual([messageId, messageId]);
  });

  test('timed out, a QoS 1 publish is not sent again, a QoS 2 one is, and their ids stay taken', async () => {
    const { scripted, sender, peer } = await session();
    const verdicts = [sender.send('t', 'one', { qos: 1 }, 100), sender.send('t', 'two', { qos: 2 }, 100)];
    for (const verdict of await Promise.all(verdicts))
      expect(verdict).toEqual({ ok: false, error: { tag: 'timeout' } });
    void sender.send('t', 'three');
    await eventually(() => peer.of('publish').length === 3);
    expect(new Set(peer.of('publish').map(({ messageId }) => messageId)).size).toBe(3);
    scripted.script = resuming;
    peer.destroy();
    const next = await scripted.peer(1);
    await eventually(() => next.of('publish').length === 2);
    expect(payloads(next)).toEqual(['two', 'three']);
  });
});

test('what was begun first is written first, QoS 0 after QoS 1', async () => {
  const { sender, peer } = await session();
  for (const [text, qos] of [
    ['a', 1],
    ['b', 0],
    ['c', 2],
    ['d', 0],
  ] as const)
    void sender.send('t', text, { qos });
  await eventually(() => peer.of('publish').length === 4);
  expect(payloads(peer)).toEqual(['a', 'b', 'c', 'd']);
});

test('a takeover fails what waits, and every later publish', async () => {
  const { sender, peer } = await session();
  const verdict = sender.send('t', 'x');
  await eventually(() => peer.of('publish').length === 1);
  peer.send({ cmd: 'disconnect', reasonCode: 0x8e });
  expect(await verdict).toMatchObject({ error: { tag: 'connection', val: expect.stringContaining('client id') } });
  expect(sender.errors).toMatchObject([{ code: 'ERR_BROKER_TAKEOVER' }]);
  expect(await sender.send('t', 'y')).toMatchObject({ error: { tag: 'connection' } });
});

test('a broker that does not read is not written to without bound', async () => {
  const { sender, peer } = await session();
  peer.pause();
  const text = 'x'.repeat(500_000);
  const verdicts = Array.from({ length: 60 }, () => sender.send('t', text, { qos: 0 }, 600));
  const settled = await Promise.all(verdicts);
  expect(settled.filter(({ ok }) => ok).length).toBeLessThan(60);
  expect(settled.at(-1)).toEqual({ ok: false, error: { tag: 'timeout' } });
});
