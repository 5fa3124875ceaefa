import type { AedesPublishPacket, Client } from 'aedes';
import { expect, it } from 'vitest';
import { forward, sendStranded } from '../../../src/broker/embedded/delivery.ts';
import { DEFAULT_LIMITS } from '../../../src/broker/embedded/limits.ts';
import { Router } from '../../../src/broker/embedded/router.ts';
import { QUEUED, Sessions } from '../../../src/broker/embedded/sessions.ts';
import { SharedSubscriptions } from '../../../src/broker/embedded/shared-subscriptions.ts';

const send = { accepts: () => false, deliver: () => {} };

function prepared(connected: boolean) {
  const sessions = new Sessions(new SharedSubscriptions(new Router(), send), DEFAULT_LIMITS, () => {});
  const client = { id: 'x', clean: false, connected } as Client;
  const session = sessions.attach(client);
  sessions.subscribe(session, 'a', 1);
  const packet: AedesPublishPacket = {
    cmd: 'publish',
    topic: 'a',
    payload: 'text',
    qos: 1,
    retain: false,
    dup: false,
    ...sessions.nextNumber(QUEUED),
  };
  sessions.enqueue(session, packet, 1, false);
  const message = session.find(packet.brokerCounter);
  if (message === undefined) throw new Error('not queued');
  return { sessions, client, session, packet, message };
}

it('forwards a queued message that was not sent', () => {
  const { sessions, client, packet } = prepared(true);
  expect(forward(sessions, client, packet)).toBe(packet);
});

it('does not forward what the start of the connection has sent already', () => {
  const { sessions, client, session, packet, message } = prepared(true);
  session.send(message, 7);
  expect(forward(sessions, client, packet)).toBeNull();
});

it('leaves what comes while the connection starts for its end', () => {
  const { sessions, client, packet, message } = prepared(false);
  expect(forward(sessions, client, packet)).toBeNull();
  expect(message.stranded).toBe(true);
});

it('does not forward what the session had no room for', () => {
  const { sessions, client, session, packet, message } = prepared(true);
  session.remove(message);
  expect(forward(sessions, client, packet)).toBeNull();
});

it('sends at the end of the start what was left, and nothing that was sent', () => {
  const { sessions, client, session, packet, message } = prepared(false);
  forward(sessions, client, packet);
  const late: AedesPublishPacket = { ...packet, payload: 'late', ...sessions.nextNumber(QUEUED) };
  sessions.enqueue(session, late, 1, false);
  forward(sessions, client, late);
  session.send(message, 7);
  const published: unknown[] = [];
  client.publish = ({ topic, payload, qos }) => published.push({ topic, payload, qos });
  sendStranded(session, client);
  expect(published).toEqual([{ topic: 'a', payload: 'late', qos: 1 }]);
  expect(session.find(late.brokerCounter)).toBeUndefined();
});
