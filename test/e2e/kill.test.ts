import { expect, it } from 'vitest';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';

/** So many that the last kill comes before the last message, and fewer than Mosquitto keeps for a session that is away. */
const COUNT = 900;

describeWithMosquitto('kill -9 of the host', () => {
  it.each(['5', '"3.1.1"'])(
    'loses no message at qos 1: every one is handled at least once (protocol %s)',
    async (protocol) => {
      const { url } = await startMosquitto({ persistence: true });
      const lines = ['qos = 1', 'topic = "commands/#"', 'publish = ["out/#"]', `protocol = ${protocol}`];
      const app = new App(appToml([{ url, lines }]));
      const producer = await connectClient(url);
      const observer = await connectClient(url);
      const out = await collect(observer, 'out/#');
      let host = await app.serve('misbehaving');
      await host.waitFor(/subscribed to "commands/);
      // A slow guest, so that every kill finds messages between PUBLISH and PUBACK.
      const sent = Promise.all(
        Array.from({ length: COUNT }, (_, i) => publish(producer, `commands/${i % 10}`, `publish out/${i} 1`)),
      );
      for (const handled of [20, 100, 180]) {
        await out.until(handled);
        await host.kill('SIGKILL');
        expect(new Set(out.received.map(({ topic }) => topic)).size).toBeLessThan(COUNT);
        host = await app.serve('misbehaving');
        expect(host.stderr()).toMatch(/session resumed|resumed session/);
      }
      await sent;
      const seen = () => new Set(out.received.map(({ topic }) => topic)).size;
      while (seen() < COUNT) await out.until(out.received.length + 1);
      expect(seen()).toBe(COUNT);
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    },
  );
});
