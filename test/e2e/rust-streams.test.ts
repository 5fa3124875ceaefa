import { expect, it } from 'vitest';
import { missingFor } from '../../guests/build.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { App, appToml } from './app.ts';

const OK = { code: 0, signal: null };
const missing = missingFor('sync-reading');
const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not found)` : '';

const copying = (url: string, count: number, directory?: string) => {
  const top = ['name = "e2e"', '[guest]', `args = ["in/+", "out", "${count}"]`];
  const binding = { url, lines: ['topic = "in/+"', 'qos = 2', 'delivery = "pull"', 'publish = ["out"]'] };
  return new App(appToml([binding], top), directory);
};

describeWithMosquitto(`a run in Rust that is not async, and reads a stream${skipped}`, () => {
  it.skipIf(missing.length > 0)(
    'gets each event once, leaves what it has not read, and ends with the host',
    async () => {
      const { url } = await startMosquitto();
      const app = copying(url, 3);
      const host = await app.serve('sync-reading');
      await host.waitFor(/subscribed to "in/);
      const client = await connectClient(url);
      const out = await collect(client, 'out', { qos: 2 });
      for (let i = 0; i < 10; i++) await publish(client, 'in/a', String(i), { qos: 2 });
      expect(await host.exited).toEqual(OK);
      const second = await copying(url, 100, app.directory).serve('sync-reading');
      await out.until(10);
      expect(await second.kill('SIGTERM')).toEqual(OK);
      expect(second.stderr()).toMatch(/the stream has ended/);
      expect(out.texts()).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
    },
    600_000,
  );
});
