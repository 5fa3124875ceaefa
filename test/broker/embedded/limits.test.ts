import { expect, it } from 'vitest';
import { createAedes } from '../../../src/broker/embedded/broker.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/broker/embedded/limits.ts';
import { listen } from '../../../src/broker/embedded/listener.ts';
import { atEnd } from '../../support/cleanup.ts';
import { collect, publish } from '../../support/mqtt-client.ts';
import { connect, numbers, resume } from './fixture.ts';

async function limited(limits: Partial<Limits>): Promise<{ url: string; said: string[] }> {
  const said: string[] = [];
  const aedes = await createAedes((text) => said.push(text), { ...DEFAULT_LIMITS, ...limits });
  const listener = await listen({ host: '127.0.0.1', port: 0, protocol: 'tcp' }, (stream) => aedes.handle(stream));
  atEnd(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await listener.close();
  });
  return { url: `mqtt://127.0.0.1:${listener.port}`, said };
}

it.each([
  ['messages', { queued: 5 }],
  ['bytes', { queuedBytes: 5 }],
])('drops what a session that is full of %s cannot hold, says so once, and recovers', async (_what, limits) => {
  const broker = await limited(limits);
  const receiver = await connect(broker, 'receiver');
  await receiver.subscribeAsync('a', { qos: 1 });
  await receiver.endAsync();
  const sender = await connect(broker);
  for (const text of numbers(8)) await publish(sender, 'a', text);
  const { seen } = await resume(broker, 'receiver', 'a');
  await seen.until(5);
  await publish(sender, 'a', 'after');
  await seen.until(6);
  expect(seen.texts()).toEqual([...numbers(5), 'after']);
  expect(broker.said.filter((text) => text.includes('new ones for it are dropped'))).toHaveLength(1);
});

it('gives the share of a full member to the next one', async () => {
  const broker = await limited({ queued: 5 });
  const away = await connect(broker, 'away');
  await away.subscribeAsync('$share/g/a', { qos: 1 });
  await away.endAsync();
  const here = await collect(await connect(broker), '$share/g/a', { qos: 1 });
  const sender = await connect(broker);
  for (const text of numbers(20)) await publish(sender, 'a', text);
  await here.until(15);
});

it('ends the session that was away longest when there are too many', async () => {
  const broker = await limited({ sessions: 3 });
  const [sender, subscribed] = [await connect(broker), await connect(broker, 'oldest')];
  await subscribed.subscribeAsync('a', { qos: 1 });
  await subscribed.endAsync();
  const kept = await connect(broker, 'kept');
  await kept.subscribeAsync('a', { qos: 1 });
  await kept.endAsync();
  await connect(broker, 'one too many');
  await publish(sender, 'a', 'x');
  expect(broker.said).toEqual([expect.stringContaining('"oldest" is ended')]);
});

it('keeps no more retained messages than it may', async () => {
  const broker = await limited({ retained: 2 });
  const sender = await connect(broker);
  for (const topic of ['r/1', 'r/2', 'r/3', 'r/2']) await publish(sender, topic, topic, { retain: true });
  const seen = await collect(await connect(broker), 'r/+');
  await publish(sender, 'r/live', 'live');
  await seen.until(3);
  expect(seen.texts()).toEqual(['r/1', 'r/2', 'live']);
});
