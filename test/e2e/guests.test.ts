import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { spawnHost } from '../support/cli.ts';
import { describeWithMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { tempDirectory } from '../support/temp.ts';
import { App, appToml } from './app.ts';
import { startEmbedded } from './steps.ts';

/** A sample guest with the app.toml of its own. */
async function runSample(name: string, url: string) {
  const { path } = await buildGuest(name);
  const file = fileURLToPath(new URL(`../../guests/${name}/app.toml`, import.meta.url));
  expect(readFileSync(file, 'utf8')).toContain(`host run app.toml build/${name}.wasm`);
  const args = ['run', file, path, '--state-dir', tempDirectory('state'), '--log', 'debug', '--log-format', 'text'];
  return spawnHost(args, { env: { MQTT_URL: url } });
}

const brokers = [
  ['Mosquitto', async () => (await startMosquitto()).url, 5],
  ['the embedded broker', startEmbedded, 4],
] as const;

describeWithMosquitto('sample guests', () => {
  it.each(brokers)('pull-worker answers jobs at %s, and ends when it is told to', async (_, start, protocolVersion) => {
    const url = await start();
    const host = await runSample('pull-worker', url);
    await host.waitFor(/subscribed to/);
    const client = await connectClient(url, { protocolVersion });
    const done = await collect(client, 'done/+', { qos: 2 });
    await publish(client, 'jobs/a', 'count these words', { qos: 2 });
    const { topic, text } = await done.next();
    expect(topic).toBe('done/a');
    const data = protocolVersion === 5 ? text : atob(JSON.parse(text).data_base64);
    expect(JSON.parse(data)).toEqual({ bytes: 17, words: 3, text: 'count these words' });
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it.each(brokers)(
    'stream-aggregator sums up batches at %s, and the rest at its end',
    async (_, start, protocolVersion) => {
      const url = await start();
      const host = await runSample('stream-aggregator', url);
      await host.waitFor(/subscribed to/);
      const client = await connectClient(url, { protocolVersion });
      const summaries = await collect(client, 'summaries');
      for (const reading of ['1', '2.5', 'x', '-4']) await publish(client, 'readings/kitchen', reading);
      await summaries.until(1);
      // The last one is read, so that it is in the rest.
      await host.waitFor(
        /handled "readings\/kitchen"[\s\S]*handled "readings\/kitchen"[\s\S]*handled "readings\/kitchen"/,
      );
      expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await summaries.until(2);
      const data = summaries.texts().map((text) => (protocolVersion === 5 ? text : atob(JSON.parse(text).data_base64)));
      expect(data.map((text) => JSON.parse(text))).toEqual([
        { count: 3, invalid: 1, sum: 3.5, min: 1, max: 2.5 },
        { count: 1, invalid: 0, sum: -4, min: -4, max: -4 },
      ]);
    },
  );

  it.each(brokers)('publish-example publishes at %s, and ends', async (_, start, protocolVersion) => {
    const url = await start();
    const greetings = await collect(await connectClient(url, { protocolVersion }), 'greetings');
    const host = await runSample('publish-example', url);
    expect(await host.exited).toEqual({ code: 0, signal: null });
    await greetings.until(2);
    const data = greetings.texts().map((text) => (protocolVersion === 5 ? text : atob(JSON.parse(text).data_base64)));
    expect(data).toEqual(['hello', 'world']);
    expect(greetings.received[0]?.properties.userProperties ?? JSON.parse(greetings.texts()[0] ?? '')).toMatchObject({
      source: '/publish-example',
      type: 'com.example.text',
    });
  });

  it('publish-example says what it lacks, with an exit code of its own', async () => {
    const { url } = await startMosquitto();
    const host = await new App(appToml([{ url }])).run('publish-example');
    expect(await host.exited).toEqual({ code: 2, signal: null });
    expect(host.stderr()).toMatch(/say what to publish.*\n[\s\S]*exit code 2 is its own/);
  });
});
