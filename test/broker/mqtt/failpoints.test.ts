import { beforeEach, expect, test, vi } from 'vitest';
import { connectionTo, openSubscriber, testBroker } from '../../support/broker-sessions.ts';
import { eventually } from '../../support/eventually.ts';
import { startScriptedBroker } from '../../support/scripted-broker.ts';
import { answering, publisherSession, row } from './publisher/publisher-session.ts';

const passed = vi.hoisted((): string[] => []);

vi.mock('#failpoint', () => ({ failpoint: (name: string) => passed.push(name) }));

beforeEach(() => {
  passed.length = 0;
});

test.each([
  [
    2,
    ['out.identified', 'out.published', 'out.received', 'out.released', 'out.pubrel', 'out.completed', 'out.deleted'],
  ],
  [1, ['out.identified', 'out.published', 'out.completed', 'out.deleted']],
] as const)('a row at QoS %i passes each of its places once, in order', async (qos, names) => {
  const { outbox } = await publisherSession({ script: answering() });
  await outbox.commit(row('x', qos));
  await eventually(() => outbox.size === 0 && passed.includes('out.deleted'));
  expect(passed).toEqual(names);
});

test('a message passes after its acknowledgement and its completion', async () => {
  const scripted = await startScriptedBroker();
  await openSubscriber(testBroker().broker, connectionTo(scripted.port), ['t'], { qos: 2 }).ready();
  const peer = await scripted.peer();
  peer.send({ cmd: 'publish', topic: 't', payload: 'x', qos: 2, messageId: 1, retain: false, dup: false });
  await eventually(() => peer.of('pubrec').length === 1);
  expect(passed).toEqual(['in.acknowledged']);
  peer.send({ cmd: 'pubrel', messageId: 1 });
  await eventually(() => peer.of('pubcomp').length === 1);
  expect(passed).toEqual(['in.acknowledged', 'in.completed']);
});
