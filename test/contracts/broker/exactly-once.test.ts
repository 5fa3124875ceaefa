import { expect, test } from 'vitest';
import {
  connectionTo,
  fresh,
  openPublisher,
  openSubscriber,
  outgoing,
  testBroker,
} from '../../support/broker-sessions.ts';
import { describeWithBroker, startBrokerUnderTest } from '../../support/brokers.ts';
import { eventually } from '../../support/eventually.ts';
import { collect, connectClient } from '../../support/mqtt-client.ts';
import { startProxy } from '../../support/proxy.ts';
import { journaled } from './journaled.ts';

const ROWS = 2000;
const CUTS = 6;
const numbered = Array.from({ length: ROWS }, (_, i) => `m${i}`);

describeWithBroker('QoS 2 through cut connections, with the real journal', () => {
  test.each([5, 4] as const)('2,000 rows reach a counting subscriber once and in order (%i)', async (protocol) => {
    const { port, url } = await startBrokerUnderTest();
    const topic = fresh('t');
    const counter = await collect(await connectClient(url), topic, { qos: 2 });
    const proxy = await startProxy(port);
    const around = testBroker();
    const { clientId, outbox, commit } = await journaled();
    const sender = openPublisher(around.broker, connectionTo(proxy.port, { protocol }), { clientId, outbox });
    // Through a proxy too: what is counted here passes both halves of the driver.
    const subscriberProxy = await startProxy(port);
    const connection = connectionTo(subscriberProxy.port, { protocol });
    const sink = await openSubscriber(around.broker, connection, [topic], { qos: 2 }).ready();
    let committed = Promise.resolve();
    for (let i = 0; i < ROWS; i += 5) {
      const events = numbered.slice(i, i + 5).map((text) => outgoing(topic, text, { qos: 2 }));
      committed = commit(...events);
    }
    await committed;
    for (let cut = 1; cut <= CUTS; cut++) {
      await counter.until(Math.floor((ROWS * cut) / (CUTS + 1)));
      proxy.cut();
    }
    await counter.until(ROWS, 30_000);
    await eventually(() => outbox.size === 0);
    expect(counter.texts()).toEqual(numbered);
    await sink.count(ROWS);
    expect(sink.texts()).toEqual(numbered);
    expect(sender.connections.length).toBeGreaterThan(1);
    expect(sender.connections.slice(1).every(({ sessionPresent }) => sessionPresent)).toBe(true);
    expect([around.of('publish-dead-letter'), around.of('session-lost')]).toEqual([[], []]);
  });
});
