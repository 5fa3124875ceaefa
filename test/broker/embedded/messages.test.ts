import { describe, expect, it } from 'vitest';
import type { QoS } from '../../../src/types.ts';
import { eventually } from '../../support/eventually.ts';
import { collect, connectClient, publish } from '../../support/mqtt-client.ts';
import { connect, drop, embedded, numbers, resume, v4, whenClosed } from './fixture.ts';

describe('messages through the embedded broker', () => {
  it.each([0, 1, 2] as const)('come in order at QoS %i', async (qos) => {
    const broker = await embedded();
    const [receiver, sender] = [await connect(broker), await connect(broker)];
    const seen = await collect(receiver, 'a/+/c', { qos });
    await Promise.all(numbers(200).map((text) => publish(sender, 'a/b/c', text, { qos })));
    await seen.until(200);
    expect(seen.texts()).toEqual(numbers(200));
    expect(new Set(seen.received.map((message) => message.qos))).toEqual(new Set([qos]));
  });

  it('loses none when messages of every QoS overtake one another', async () => {
    const broker = await embedded();
    const [receiver, sender] = [await connect(broker), await connect(broker)];
    const seen = await collect(receiver, 'mixed/#', { qos: 2 });
    const sent = numbers(300).map((text, index) => {
      return publish(sender, `mixed/${index % 7}`, text, { qos: (index % 3) as QoS, retain: index % 5 === 0 });
    });
    await Promise.all(sent);
    await seen.until(300);
    expect(seen.texts().toSorted()).toEqual(numbers(300).toSorted());
  });

  it.each([
    ['exact', 'x/y'],
    ['wildcard', 'x/+'],
  ])('arrive at the QoS granted on an %s filter, live, queued and retained', async (_kind, filter) => {
    const broker = await embedded();
    const [receiver, sender] = [await connect(broker, 'receiver'), await connect(broker)];
    const live = await collect(receiver, filter, { qos: 1 });
    await publish(sender, 'x/y', 'live', { qos: 2 });
    expect(await live.next()).toMatchObject({ text: 'live', qos: 1 });
    await receiver.endAsync();
    await publish(sender, 'x/y', 'queued', { qos: 2 });
    const { seen } = await resume(broker, 'receiver', filter);
    expect(await seen.next()).toMatchObject({ text: 'queued', qos: 1 });
    await publish(sender, 'x/y', 'kept', { qos: 2, retain: true });
    const low = await collect(await connect(broker), filter, { qos: 0 });
    expect(await low.next()).toMatchObject({ text: 'kept', qos: 0, retain: true });
  });

  it('are retained until an empty one comes', async () => {
    const broker = await embedded();
    const sender = await connect(broker);
    await publish(sender, 'state/a', 'first', { retain: true });
    await publish(sender, 'state/a', 'last', { retain: true });
    await publish(sender, 'state/b', 'other', { retain: true });
    const seen = await collect(await connect(broker), 'state/#');
    await seen.until(2);
    expect(seen.received.map(({ text, retain }) => [text, retain])).toEqual([
      ['last', true],
      ['other', true],
    ]);
    await publish(sender, 'state/a', '', { retain: true });
    const later = await collect(await connect(broker), 'state/#');
    await later.until(1);
    await publish(sender, 'state/b', 'live');
    await later.until(2);
    expect(later.texts()).toEqual(['other', 'live']);
  });

  it('retained at QoS 2 reach a persistent session', async () => {
    const broker = await embedded();
    await publish(await connect(broker), 'state', 'kept', { qos: 2, retain: true });
    const receiver = await connect(broker, 'receiver');
    const seen = await collect(receiver, 'state', { qos: 2 });
    expect(await seen.next()).toMatchObject({ text: 'kept', qos: 2, retain: true });
    await publish(receiver, 'state', 'live', { qos: 2 });
    expect(await seen.next()).toMatchObject({ text: 'live', retain: false });
  });

  it('include the will of a client that is cut off, not of one that leaves', async () => {
    const broker = await embedded();
    const seen = await collect(await connect(broker), 'wills/+');
    const will = (name: string) => ({
      topic: `wills/${name}`,
      payload: Buffer.from(name),
      qos: 1 as const,
      retain: false,
    });
    const leaving = await connectClient(broker.url, { ...v4, will: will('leaving') });
    const cut = await connectClient(broker.url, { ...v4, will: will('cut') });
    await leaving.endAsync();
    await drop(cut);
    expect(await seen.next()).toMatchObject({ text: 'cut', qos: 1 });
    expect(seen.received).toHaveLength(1);
  });

  it.each(['$SYS/x', '$share/g/x', '$session', '$any'])(
    'are refused on %s, and the publisher cut off',
    async (topic) => {
      const said: string[] = [];
      const broker = await embedded({ log: (text) => said.push(text) });
      const watcher = await collect(await connect(broker), topic.startsWith('$share') ? 'none' : topic);
      const sender = await connect(broker);
      const closed = whenClosed(sender);
      sender.publish(topic, 'x', { qos: 0 });
      await closed;
      await eventually(() => said.some((text) => text.includes(`publishing to "${topic}" is not allowed`)));
      expect(watcher.received).toEqual([]);
    },
  );
});
