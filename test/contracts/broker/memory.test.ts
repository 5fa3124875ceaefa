import { expect, test } from 'vitest';
import { guardDriver } from '../../../src/broker/index.ts';
import { encodeOutgoing } from '../../../src/index.ts';
import type { ConnectionOptions } from '../../../src/types.ts';
import { memoryDriver } from '../../e2e/library/memory-driver.ts';
import { fresh, openPublisher, openSubscriber, outgoing } from '../../support/broker-sessions.ts';
import { type Peer, sessionsSuite } from './sessions-suite.ts';

const connection: ConnectionOptions = {
  addresses: [{ protocol: 'other', host: 'bus', port: 0, path: '', display: 'memory://bus' }],
  keepalive: 30_000,
  protocol: 5,
};

/** The README's example of a driver, watched as in a host: what its author is told to do is enough. */
const memory = memoryDriver();
const broker = guardDriver(memory, () => {});

async function start(): Promise<Peer> {
  return {
    connection,
    publish: async (topic, text, settings) => memory.publish(topic, text, settings),
    collect: async (filter, qos) => {
      const sink = await openSubscriber(broker, connection, [filter], { qos }).ready();
      return { texts: () => sink.texts(), until: (count) => sink.count(count) };
    },
  };
}

sessionsSuite({ broker, protocol: 5, qualities: [0, 1], keepsQos2: false, start });

test('a session that another client takes over fails', async () => {
  const clientId = fresh('twin');
  const one = await openSubscriber(broker, connection, ['t'], { clientId }).ready();
  await openSubscriber(broker, connection, ['t'], { clientId }).ready();
  expect(await one.error()).toMatchObject({
    code: 'ERR_BROKER_DRIVER',
    message: `pubsub.memory: binding b0: another client took over the session "${clientId}"`,
  });
  expect(one.subscriber.online).toBe(false);
});

test('properties are carried as MQTT 5 carries them', async () => {
  const topic = fresh('t');
  const sink = await openSubscriber(broker, connection, [topic]).ready();
  const sender = openPublisher(broker, connection);
  const event = outgoing(topic, 'x', {
    format: 'cloudevents',
    properties: { contentType: 'text/plain', userProperties: [['a', '1']] },
  });
  expect(await sender.publisher.publish(event, 10_000)).toMatchObject({ ok: true });
  await sink.count(1);
  const encoded = encodeOutgoing(event, 5);
  expect(encoded.ok && sink.messages[0]?.properties).toEqual(encoded.ok && encoded.value.properties);
});
