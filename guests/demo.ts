/**
 * `npm start`: builds the sample guest, runs it with `host run --with-broker` on a port of its own, publishes readings
 * from a separate client and shows the alerts that come out, until Ctrl-C.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import { buildGuest } from './build.ts';

const GUEST = 'temperature-alerts';
const SENSORS = ['kitchen', 'attic', 'cellar'];
const INTERVAL = 1_000;
const HOST = fileURLToPath(new URL('../host/bin.js', import.meta.url));
const APP = fileURLToPath(new URL(`./${GUEST}/app.toml`, import.meta.url));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

/** In a process group of its own, so that Ctrl-C reaches it once: through {@link forwardSignals}. */
function startHost(component: string, url: string, stateDir: string): ChildProcess {
  const options = ['--with-broker', '--log', 'debug', '--log-format', 'text', '--state-dir', stateDir];
  return spawn(process.execPath, [HOST, 'run', APP, component, ...options], {
    stdio: 'inherit',
    detached: true,
    env: { ...process.env, MQTT_URL: url },
  });
}

function forwardSignals(host: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => host.kill(signal));
}

async function connect(url: string, host: ChildProcess): Promise<MqttClient | undefined> {
  while (host.exitCode === null && host.signalCode === null) {
    try {
      return await connectAsync(url, { clientId: 'demo', reconnectPeriod: 0 });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return undefined;
}

/** A slow wave for each sensor, so that every one of them crosses the threshold now and then. */
function reading(sensor: number, second: number): number {
  return Math.round((25 + 8 * Math.sin((second + sensor * 7) / 4)) * 10) / 10;
}

/** The embedded broker speaks 3.1.1, where events travel as one JSON document (CloudEvents, structured mode). */
function alertText(payload: Buffer): string {
  const { type, data_base64: data } = JSON.parse(payload.toString()) as { type: string; data_base64: string };
  return `${type}  ${Buffer.from(data, 'base64')}`;
}

async function showAlerts(client: MqttClient): Promise<void> {
  client.on('message', (topic, payload) => say(`>>> alert    ${topic}  ${alertText(payload)}`));
  await client.subscribeAsync('alerts/#', { qos: 1 });
}

function publishReadings(client: MqttClient): NodeJS.Timeout {
  let second = 0;
  return setInterval(() => {
    const sensor = second++ % SENSORS.length;
    const topic = `sensors/${SENSORS[sensor]}/temperature`;
    const payload = JSON.stringify({ celsius: reading(sensor, second) });
    say(`<<< reading  ${topic}  ${payload}`);
    client.publish(topic, payload, { qos: 1 });
  }, INTERVAL);
}

const { path } = await buildGuest(GUEST);
const url = `tcp://127.0.0.1:${await freePort()}`;
const stateDir = await mkdtemp(join(tmpdir(), 'host-demo-'));
say(`${GUEST} on an embedded broker at ${url}; Ctrl-C ends it`);
const host = startHost(path, url, stateDir);
const exited = once(host, 'exit');
forwardSignals(host);
const client = await connect(url, host);
if (client !== undefined) {
  await showAlerts(client);
  const timer = publishReadings(client);
  client.on('close', () => clearInterval(timer));
}
const [code] = await exited;
client?.end(true);
await rm(stateDir, { recursive: true, force: true });
process.exitCode = code ?? 1;
