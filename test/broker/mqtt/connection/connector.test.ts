import { describe, expect, test } from 'vitest';
import {
  addressOf,
  connectionTo,
  openPublisher,
  openSubscriber,
  testBroker,
} from '../../../support/broker-sessions.ts';
import { eventually } from '../../../support/eventually.ts';
import { obliging, type Script, startScriptedBroker } from '../../../support/scripted-broker.ts';

/** Refuses with `code` as the asked version would say it. */
const refusing =
  (code: number): Script =>
  (packet, peer) => {
    if (packet.cmd !== 'connect') return;
    peer.send({ cmd: 'connack', sessionPresent: false, reasonCode: code, returnCode: code });
    peer.end();
  };

describe('refusals', () => {
  test.each([
    [5, 0x88, /server unavailable \(0x88\)/],
    [5, 0x89, /server busy/],
    [5, 0x97, /quota exceeded/],
    [5, 0x9c, /use another server/],
    [5, 0x86, /bad user name or password \(0x86\)/],
    [4, 3, /server unavailable \(0x03\)/],
    [4, 5, /not authorized/],
  ] as const)('over version %i, code %i is retried until the broker accepts', async (protocol, code, words) => {
    const scripted = await startScriptedBroker(refusing(code));
    const around = testBroker();
    const sink = openSubscriber(around.broker, connectionTo(scripted.port, { protocol }), ['t']);
    await eventually(() => around.of('retrying').length >= 1);
    scripted.script = obliging();
    await sink.ready();
    const [first] = around.of('retrying');
    expect(first?.reason).toMatch(words);
    expect(first?.delay).toBeGreaterThanOrEqual(200);
    expect(sink.errors).toEqual([]);
    expect(sink.disconnects).toEqual([]);
  });

  test.each([
    [5, 0x85, 'client_id'],
    [4, 2, 'client_id'],
    [4, 1, 'protocol'],
    [5, 0x9a, 'will.retain'],
    [5, 0x90, 'will.topic'],
  ] as const)('over version %i, code %i lies in the configuration and is fatal', async (protocol, code, key) => {
    const { port } = await startScriptedBroker(refusing(code));
    const sink = openSubscriber(testBroker().broker, connectionTo(port, { protocol }), ['t']);
    const error = await sink.error();
    expect(error).toMatchObject({ code: 'ERR_BROKER_REFUSED' });
    expect(error.message).toContain(`binding b0: broker mqtt://127.0.0.1:${port}`);
    expect(error.message).toContain(`\`${key}\``);
  });
});

describe('the protocol', () => {
  const versions = (peers: readonly { readonly connect: { protocolVersion?: number } }[]) =>
    peers.map(({ connect }) => connect.protocolVersion);

  test('a close before CONNACK never falls back, and the text names the key', async () => {
    const scripted = await startScriptedBroker((_packet, peer) => peer.end());
    const around = testBroker();
    const sink = openSubscriber(around.broker, connectionTo(scripted.port), ['t']);
    await eventually(() => around.of('retrying').length >= 3);
    scripted.script = obliging();
    await sink.ready();
    expect(new Set(versions(scripted.peers))).toEqual(new Set([5]));
    expect(around.of('retrying')[0]?.reason).toMatch(/closed the connection.*protocol = "3\.1\.1"/);
  });

  test('a broker that says nothing is left after the deadline, and the text names the key', async () => {
    const scripted = await startScriptedBroker(() => {});
    const around = testBroker(150);
    openSubscriber(around.broker, connectionTo(scripted.port), ['t']);
    await eventually(() => around.of('retrying').length >= 1);
    expect(around.of('retrying')[0]?.reason).toMatch(/no answer within 0\.15 s.*protocol = "3\.1\.1"/);
  });

  test('over 3.1.1 nothing hints at the key', async () => {
    const scripted = await startScriptedBroker((_packet, peer) => peer.end());
    const around = testBroker();
    openSubscriber(around.broker, connectionTo(scripted.port, { protocol: 4 }), ['t']);
    await eventually(() => around.of('retrying').length >= 1);
    expect(around.of('retrying')[0]?.reason).toBe('the broker closed the connection');
  });

  test('a version once refused is remembered for that address by the driver, for publishers too', async () => {
    const script: Script = (packet, peer) => {
      if (packet.cmd === 'connect' && packet.protocolVersion === 5) refusing(0x84)(packet, peer);
      else obliging()(packet, peer);
    };
    const scripted = await startScriptedBroker(script);
    const { broker } = testBroker();
    await openSubscriber(broker, connectionTo(scripted.port), ['t']).ready();
    await openPublisher(broker, connectionTo(scripted.port), { sessionExpiry: 0 }).publisher.whenOnline();
    expect(versions(scripted.peers)).toEqual([5, 4, 4]);
    await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']).ready();
    expect(versions(scripted.peers)).toEqual([5, 4, 4, 5, 4]);
  });
});

describe('endings', () => {
  test('DISCONNECT 0x8E is a fatal takeover at once', async () => {
    const scripted = await startScriptedBroker();
    const sink = await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']).ready();
    const peer = await scripted.peer();
    peer.send({ cmd: 'disconnect', reasonCode: 0x8e });
    expect(await sink.error()).toMatchObject({ code: 'ERR_BROKER_TAKEOVER' });
    expect(sink.subscriber.online).toBe(false);
    expect(sink.calls.slice(-2)).toEqual(['disconnected', 'failed']);
    await sink.subscriber.close({ endSession: true, timeout: 1000 });
    expect(scripted.peers).toHaveLength(1);
  });

  test.each([
    ['closes', true],
    ['resets', false],
  ] as const)('three quick %s of the broker: a takeover? %s', async (how, takeover) => {
    const scripted = await startScriptedBroker();
    const sink = await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']).ready();
    for (let i = 0; i < 3; i++) {
      await sink.ready(i + 1);
      const peer = await scripted.peer(i);
      if (how === 'closes') peer.end();
      else peer.reset();
    }
    if (takeover) expect(await sink.error()).toMatchObject({ code: 'ERR_BROKER_TAKEOVER' });
    else await sink.ready(4);
    expect(sink.errors).toHaveLength(takeover ? 1 : 0);
  });

  test('another DISCONNECT is said in words, and the session reconnects', async () => {
    const scripted = await startScriptedBroker();
    const sink = await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']).ready();
    const properties = { reasonString: 'maintenance' };
    (await scripted.peer()).send({ cmd: 'disconnect', reasonCode: 0x8b, properties });
    await sink.ready(2);
    expect(sink.disconnects).toEqual(['the broker ended the connection: server shutting down (0x8B): maintenance']);
  });

  test('a broker that falls silent is left and connected to again', async () => {
    const quiet: Script = (packet, peer) => {
      if (packet.cmd !== 'pingreq') obliging()(packet, peer);
    };
    const scripted = await startScriptedBroker(quiet);
    const connection = connectionTo(scripted.port, { keepalive: 200 });
    const sink = await openSubscriber(testBroker().broker, connection, ['t']).ready();
    const peer = await scripted.peer();
    await eventually(() => peer.closed);
    expect(peer.connect.keepalive).toBe(1);
    expect(peer.of('pingreq').length).toBeGreaterThan(0);
    await sink.ready(2);
    expect(sink.disconnects[0]).toMatch(/fell silent/);
  });

  test('connecting is awaited before each CONNECT, and its failure is fatal', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']);
    await sink.ready();
    const gate = Promise.withResolvers<void>();
    sink.beforeConnecting = () => gate.promise;
    (await scripted.peer()).destroy();
    await eventually(() => sink.calls.at(-1) === 'connecting');
    expect(scripted.peers).toHaveLength(1);
    gate.reject(new Error('the journal is full'));
    expect((await sink.error()).message).toBe('the journal is full');
    expect(scripted.peers).toHaveLength(1);
  });

  test('connected failing ends the session with its error', async () => {
    const scripted = await startScriptedBroker();
    const sink = openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t']);
    sink.beforeConnected = () => Promise.reject(new Error('no commit'));
    expect((await sink.error()).message).toContain('no commit');
    await eventually(() => scripted.peers[0]?.closed === true);
  });

  test('close is quick while the broker is away, and when it never answers', async () => {
    const away = openSubscriber(testBroker().broker, connectionTo(0, { addresses: [addressOf(1)] }), ['t']);
    await away.subscriber.close({ endSession: true, timeout: 300 });
    const deaf = await startScriptedBroker(() => {});
    const waiting = openSubscriber(testBroker().broker, connectionTo(deaf.port), ['t']);
    await deaf.peer();
    await waiting.subscriber.close({ endSession: false, timeout: 300 });
    const stuck = await startScriptedBroker((packet, peer) => {
      if (packet.cmd !== 'disconnect') obliging()(packet, peer);
    });
    const open = await openSubscriber(testBroker().broker, connectionTo(stuck.port), ['t']).ready();
    await open.subscriber.close({ endSession: false, timeout: 300 });
    expect((await stuck.peer()).of('disconnect')).toHaveLength(1);
    expect([away, waiting, open].flatMap(({ errors }) => errors)).toEqual([]);
  });
});
