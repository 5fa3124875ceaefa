import { expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { startEmbeddedBroker } from '../../src/broker/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { spawnHost } from '../support/cli.ts';
import { freePort } from '../support/ports.ts';
import { App, appToml } from './app.ts';

/** Says at its end what the process has loaded: of Node, and CommonJS modules. */
const PRELOAD = `
import { writeSync } from 'node:fs';
import { Module } from 'node:module';
process.on('exit', () => writeSync(1, JSON.stringify([...process.moduleLoadList, ...Object.keys(Module._cache)])));
`;

it('loads nothing for what the configuration does not ask for', async () => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
  atEnd(() => broker.close());
  const telemetry = ['name = "e2e"', '', '[telemetry]', `http = "127.0.0.1:${await freePort()}"`];
  const app = new App(appToml([{ url: broker.url, lines: ['topic = "a"'] }], telemetry));
  const { path } = await buildGuest('misbehaving');
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(PRELOAD)}`;
  const host = spawnHost(['run', app.file, path, '--log-format', 'text'], { env: { NODE_OPTIONS } });
  await host.waitFor(/subscribed to "a"/);
  expect((await host.kill('SIGTERM')).code).toBe(0);
  const loaded = JSON.parse(host.stdout()) as string[];
  expect(loaded).toContainEqual(expect.stringMatching(/node_modules.mqtt-packet/));
  expect(loaded).toContain('NativeModule http');
  const needless =
    /undici|NativeModule (tls|https)$|node_modules.(ws|aedes|worker-timers|readable-stream|@bytecodealliance)\b/;
  expect(loaded.filter((name) => needless.test(name))).toEqual([]);
});
