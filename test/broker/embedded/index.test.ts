import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HostError } from '../../../src/errors.ts';
import { collect, connectClient, publish } from '../../support/mqtt-client.ts';
import { accepts } from '../../support/ports.ts';
import { connect, embedded, v4, whenClosed } from './fixture.ts';

describe('startEmbeddedBroker', () => {
  it('reports where it listens', async () => {
    const broker = await embedded();
    expect(broker.port).toBeGreaterThan(0);
    expect(broker).toMatchObject({ host: '127.0.0.1', url: `mqtt://127.0.0.1:${broker.port}` });
  });

  it('speaks WebSocket, on its path only', async () => {
    const broker = await embedded({ protocol: 'ws', path: '/mqtt' });
    expect(broker.url).toBe(`ws://127.0.0.1:${broker.port}/mqtt`);
    const client = await connectClient(broker.url, v4);
    const seen = await collect(client, 'a', { qos: 2 });
    await publish(client, 'a', 'x'.repeat(200_000), { qos: 2 });
    expect((await seen.next()).payload).toHaveLength(200_000);
    await expect(connectClient(`ws://127.0.0.1:${broker.port}/other`, v4)).rejects.toThrow();
  });

  it('takes packets that come in many pieces', async () => {
    const broker = await embedded();
    const [receiver, sender] = [await connect(broker), await connect(broker)];
    const seen = await collect(receiver, 'big/+');
    const sizes = [1_000_000, 10, 300_000, 70_000];
    await Promise.all(sizes.map((size) => publish(sender, `big/${size}`, 'x'.repeat(size))));
    await seen.until(sizes.length);
    expect(seen.received.map(({ payload }) => payload.length)).toEqual(sizes);
  });

  it.each(['tcp', 'ws'] as const)('says what is wrong when the port is taken (%s)', async (protocol) => {
    const { port } = await embedded();
    const failure = embedded({ port, protocol });
    await expect(failure).rejects.toBeInstanceOf(HostError);
    await expect(failure).rejects.toMatchObject({
      code: 'ERR_BROKER_EMBEDDED',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}: something else listens there already`)),
    });
  });

  it('refuses MQTT 5 with a code that lets clients fall back', async () => {
    const broker = await embedded();
    const bytes = await new Promise<Buffer>((resolve) => {
      const socket = connectSocket(broker.port, '127.0.0.1');
      // CONNECT, level 5, clean start, keepalive 60 s, no properties, client id "v5".
      socket.write(Buffer.from([0x10, 15, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 60, 0, 0, 2, 0x76, 0x35]));
      socket.once('data', resolve);
      socket.once('close', () => resolve(Buffer.alloc(0)));
    });
    expect([...bytes]).toEqual([0x20, 2, 0, 1]);
    await expect(connectClient(broker.url)).rejects.toMatchObject({ code: 1 });
    await connect(broker);
  });

  it.each(['tcp', 'ws'] as const)('closes with clients connected (%s)', async (protocol) => {
    const broker = await embedded({ protocol });
    const clients = await Promise.all([1, 2, 3].map(() => connectClient(broker.url, v4)));
    const silent = connectSocket(broker.port, '127.0.0.1');
    await once(silent, 'connect');
    const closed = [...clients.map(whenClosed), once(silent, 'close')];
    await Promise.all([broker.close(), broker.close()]);
    await Promise.all(closed);
    expect(await accepts(broker.port)).toBe(false);
  });

  it('starts again on the same port, with nothing kept', async () => {
    const first = await embedded();
    const keeper = await connect(first, 'keeper');
    await keeper.subscribeAsync('a', { qos: 1 });
    await first.close();
    const second = await embedded({ port: first.port });
    const again = await connect(second, 'keeper');
    expect(second.port).toBe(first.port);
    expect(again.connected).toBe(true);
  });
});
