import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildGuest } from '../../../guests/build.ts';
import {
  type AppDocument,
  type BindingDocument,
  createHost,
  type Host,
  HostError,
  type HostOptions,
  type HostStatus,
  loadConfig,
  startEmbeddedBroker,
} from '../../../src/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually, within } from '../../support/eventually.ts';
import { collect, connectClient, publish } from '../../support/mqtt-client.ts';
import { tempDirectory } from '../../support/temp.ts';
import { type MemoryDriver, memoryDriver } from './memory-driver.ts';

const READINGS: BindingDocument = { url: 'memory://bus', topic: 'sensors/+/temperature' };

function document(binding: Partial<BindingDocument> = {}, top: Partial<AppDocument> = {}): AppDocument {
  return {
    specversion: '0.2',
    name: 'shop',
    state_dir: tempDirectory('state'),
    capability: [{ name: 'pubsub.memory', config: [{ ...READINGS, ...binding }] }],
    ...top,
  };
}

async function hostOf(memory: MemoryDriver, options: Partial<HostOptions> = {}): Promise<Host> {
  const { path } = await buildGuest('temperature-alerts');
  const host = createHost({ config: document(), component: path, drivers: [memory], ...options });
  atEnd(() => host.drain());
  return host;
}

/** Started, and subscribed. */
async function serving(memory: MemoryDriver, options: Partial<HostOptions> = {}): Promise<Host> {
  const host = await hostOf(memory, options);
  const subscribed = host.status('subscribed');
  await host.start();
  await within(subscribed.next(), 20_000, 'subscribing');
  return host;
}

async function rejection(promise: Promise<unknown>): Promise<HostError> {
  const thrown = await promise.then(
    () => new Error('it did not reject'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(HostError);
  return thrown as HostError;
}

async function noticeOf(host: Host, pattern: RegExp): Promise<void> {
  for await (const status of host.status('notice')) if (status.kind === 'notice' && pattern.test(status.text)) return;
  throw new Error(`the host stopped without saying ${pattern}`);
}

const hot = '{"celsius": 31.5}';

describe('createHost', () => {
  it('runs two apps in one process, each on its own, and drains one while the other goes on', async () => {
    const memory = memoryDriver();
    const one = await serving(memory, { config: document({ topic: 'sensors/one/temperature' }) });
    const two = await serving(memory, { config: document({ topic: 'sensors/two/temperature' }, { name: 'office' }) });
    const alerts: string[] = [];
    memory.subscribe('alerts/#', ({ topic }) => alerts.push(topic));
    const before = process.listenerCount('SIGTERM');
    const handled = two.status('handled');
    memory.publish('sensors/one/temperature', hot);
    memory.publish('sensors/two/temperature', hot);
    await eventually(() => alerts.length === 2);
    expect(await within(handled.next(), 20_000, 'handling')).toMatchObject({ done: false });
    await one.drain();
    memory.publish('sensors/two/temperature', '{"celsius": 20}');
    expect(await within(handled.next(), 20_000, 'handling')).toMatchObject({
      value: { topic: 'sensors/two/temperature' },
    });
    expect(alerts.toSorted()).toEqual(['alerts/one', 'alerts/two', 'alerts/two']);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('takes a path, a file URL and a configuration that was read', async () => {
    const folder = tempDirectory('app');
    const file = join(folder, 'app.toml');
    writeFileSync(
      file,
      'specversion = "0.2"\nname = "shop"\n[[capability]]\nname = "pubsub.memory"\n[[capability.config]]\nurl = "memory://bus"\ntopic = "a"\n',
    );
    const memory = memoryDriver();
    const component = pathToFileURL((await buildGuest('temperature-alerts')).path);
    for (const config of [file, pathToFileURL(file), await loadConfig(file, { drivers: [memory] })]) {
      const host = await hostOf(memory, { config, component });
      const connected = host.status('connected');
      await host.start();
      expect(await within(connected.next(), 20_000, 'connecting')).toMatchObject({ value: { binding: 'b0' } });
      await host.drain();
    }
  });

  it('mixes drivers: what comes in over one goes out over another', async () => {
    const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
    atEnd(() => broker.close());
    const memory = memoryDriver();
    const { capability, ...top } = document({ publish: [] });
    const mqtt = { name: 'pubsub.mqtt', config: [{ url: broker.url, publish: 'alerts/#' }] };
    await serving(memory, { config: { ...top, capability: [...capability, mqtt] } });
    const client = await connectClient(broker.url, { protocolVersion: 4 });
    const alerts = await collect(client, 'alerts/#');
    memory.publish('sensors/kitchen/temperature', hot);
    expect(await alerts.next(20_000)).toMatchObject({ topic: 'alerts/kitchen' });
    const back = await serving(memory, {
      config: {
        ...top,
        name: 'back',
        state_dir: tempDirectory('state'),
        capability: [
          { name: 'pubsub.mqtt', config: [{ url: broker.url, topic: 'sensors/+/temperature', publish: [] }] },
          { name: 'pubsub.memory', config: [{ url: 'memory://bus', publish: 'alerts/#' }] },
        ],
      },
    });
    const heard = new Promise((resolve) => memory.subscribe('alerts/attic', ({ topic }) => resolve(topic)));
    await publish(client, 'sensors/attic/temperature', hot);
    expect(await within(heard, 20_000, 'an alert in memory')).toBe('alerts/attic');
    await back.drain();
  });

  it('keeps what a driver has not acknowledged for the next start', async () => {
    const memory = memoryDriver();
    const config = document({ qos: 1 });
    const first = await serving(memory, { config });
    await first.drain();
    memory.publish('sensors/kitchen/temperature', hot);
    const alert = new Promise((resolve) => memory.subscribe('alerts/#', ({ topic }) => resolve(topic)));
    const second = await hostOf(memory, { config });
    const connected = second.status('connected');
    await second.start();
    expect(await within(alert, 20_000, 'an alert')).toBe('alerts/kitchen');
    expect((await connected.next()).value).toMatchObject({ kind: 'connected', resumed: true, broker: 'memory://bus' });
  });

  it('logs only where it is asked to, at the level of the configuration', async () => {
    const lines: string[] = [];
    const memory = memoryDriver();
    const config = document({}, { telemetry: { log: 'debug', log_format: 'json' } });
    const host = await serving(memory, { config, log: (line) => lines.push(line) });
    memory.publish('sensors/kitchen/temperature', 'warm');
    await eventually(() => lines.some((line) => line.includes('dead-letter')));
    await host.drain('enough');
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(expect.arrayContaining(['notice', 'started', 'connected', 'subscribed', 'dead-letter']));
    expect(lines.at(-1)).toContain('stopped: enough');
  });

  it('warns of what the configuration says', async () => {
    const lines: string[] = [];
    const { capability, ...top } = document();
    const config = [{ url: 'mqtts://127.0.0.1:1', publish: 'x', tls: { insecure: true } }];
    const host = await hostOf(memoryDriver(), {
      config: { ...top, capability: [...capability, { name: 'pubsub.mqtt', config }] },
      log: (line) => lines.push(line),
    });
    await host.start();
    expect(
      lines.filter((line) => /WARN.*tls\.insecure: the broker's certificate is not verified/.test(line)),
    ).toHaveLength(1);
  });

  it('goes on where a log or telemetry throws, and says so once', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    atEnd(() => process.off('warning', listen));
    const memory = memoryDriver();
    let told = 0;
    const telemetry = {
      report: () => {
        told++;
        throw new Error('no telemetry today');
      },
      wants: () => true,
    };
    const host = await serving(memory, { telemetry, log: () => expect.fail('no log today') });
    const handled = host.status('handled');
    memory.publish('sensors/kitchen/temperature', hot);
    await within(handled.next(), 20_000, 'handling');
    await eventually(() => warnings.length >= 2);
    expect(warnings.map(({ message }) => message).toSorted()).toEqual([
      'the log given to createHost threw, and is not called any more: no log today',
      'the telemetry given to createHost threw, and is not called any more: no telemetry today',
    ]);
    expect(told).toBe(1);
  });
});

describe('status', () => {
  it('is told from the first to the last, to each reader, and ends', async () => {
    const memory = memoryDriver();
    const host = await hostOf(memory);
    const [all, some, left] = [host.status(), host.status('started', 'handled'), host.status()];
    await left.return?.();
    const subscribed = host.status('subscribed');
    await host.start();
    await subscribed.next();
    memory.publish('sensors/kitchen/temperature', hot);
    const handled: HostStatus[] = [];
    for await (const status of some) {
      if (status.kind === 'missed') continue;
      handled.push(status);
      if (status.kind === 'handled') break;
    }
    expect(handled.map(({ kind }) => kind)).toEqual(['started', 'handled']);
    await host.drain('enough');
    const kinds: string[] = [];
    for await (const { kind } of all) kinds.push(kind);
    expect(kinds.slice(-2)).toEqual(['draining', 'stopped']);
    expect(kinds).toContain('handled');
    expect(await left.next()).toEqual({ done: true, value: undefined });
    expect(await host.status().next()).toEqual({ done: true, value: undefined });
  });
});

describe('the life of a host', () => {
  it('ends a stream of statuses where the start failed, and where there was none', async () => {
    const failed = await hostOf(memoryDriver(), { config: 'nowhere/app.toml' });
    const statuses = failed.status();
    expect((await rejection(failed.start())).code).toBe('ERR_CONFIG_READ');
    await failed.drain();
    expect(await statuses.next()).toEqual({ done: true, value: undefined });
    const unused = await hostOf(memoryDriver());
    const none = unused.status();
    await unused.drain();
    expect(await none.next()).toEqual({ done: true, value: undefined });
    expect((await rejection(unused.start())).message).toMatch(/start\(\) was called after drain\(\)/);
  });

  it('drains while it starts', async () => {
    const memory = memoryDriver();
    const host = await hostOf(memory);
    const starting = host.start();
    await host.drain();
    await starting;
    expect(await host.status().next()).toMatchObject({ done: true });
  });

  it('is drained by "await using", also where the block throws', async () => {
    const memory = memoryDriver();
    let stopped: Promise<IteratorResult<unknown>> | undefined;
    const block = async () => {
      await using host = await serving(memory);
      stopped = host.status('stopped').next();
      throw new Error('from the block');
    };
    await expect(block()).rejects.toThrow('from the block');
    expect(await stopped).toMatchObject({ value: { kind: 'stopped', reason: 'disposed of' } });
  });

  it('resolves failed with the first fatal error, and tells the log', async () => {
    const memory = memoryDriver();
    const lines: string[] = [];
    const host = await serving(memory, { config: document({ client_id: 'twin' }), log: (line) => lines.push(line) });
    await serving(memory, { config: document({ client_id: 'twin' }) });
    const error = await within(host.failed, 20_000, 'failing');
    expect(error).toBeInstanceOf(HostError);
    expect([error.code, error.message]).toEqual([
      'ERR_BROKER_DRIVER',
      'pubsub.memory: binding b0: another client took over the session "twin"',
    ]);
    expect(lines.some((line) => line.includes('took over the session'))).toBe(true);
    await host.drain();
  });

  it('resolves finished with the end of the command', async () => {
    const { path } = await buildGuest('publish-example');
    const memory = memoryDriver();
    const capability = [{ name: 'pubsub.memory', config: [{ url: 'memory://bus' }] }];
    const guest = { args: ['greetings', 'hello'] };
    const heard = new Promise((resolve) => memory.subscribe('#', ({ topic }) => resolve(topic)));
    const host = await hostOf(memory, { component: path, config: document({}, { capability, guest }) });
    await host.start();
    expect(await within(host.finished, 20_000, 'the command')).toMatchObject({ code: 0, succeeded: true });
    expect(host.commandEnd).toMatchObject({ code: 0 });
    expect(await heard).toBe('greetings');
  });
});

describe('drivers', () => {
  it.each([
    [{ url: 'tcp://localhost' }, /url: expected a url that starts with memory:\/\/, found "tcp:\/\/localhost"/],
    [{ qos: 2 as const }, /qos: expected 0 or 1 \(pubsub\.memory does not keep qos 2\), found the integer 2/],
  ])('%j is refused', async (binding, message) => {
    const host = await hostOf(memoryDriver(), { config: document(binding) });
    const error = await rejection(host.start());
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toMatch(message);
  });

  it('that are not given are named, with those that are', async () => {
    const host = await hostOf(memoryDriver(), { drivers: [] });
    expect((await rejection(host.start())).message).toContain('"pubsub.mqtt", found "pubsub.memory"');
    const app = document();
    const config = await loadConfig(app, { drivers: [memoryDriver()] });
    const other = await hostOf(memoryDriver(), { drivers: [], config });
    expect((await rejection(other.start())).message).toMatch(
      /read with a driver "memory", expected it among those given/,
    );
    expect(readdirSync(app.state_dir ?? '')).toEqual([]);
  });

  it('end the session of a binding that is gone, where they know its url', async () => {
    const memory = memoryDriver();
    const config = document({ name: 'old' });
    await (await serving(memory, { config })).drain();
    memory.publish('sensors/kitchen/temperature', hot);
    const without = await hostOf(memory, {
      drivers: [],
      config: { ...config, capability: [{ name: 'pubsub.mqtt', config: [{ url: 'mqtt://127.0.0.1:1', topic: 'a' }] }] },
    });
    const stays = noticeOf(without, /the session "shop-old-\w+" at memory:\/\/bus, .* stays: no driver that was given/);
    await without.start();
    await within(stays, 20_000, 'the notice');
    await without.drain();
    const capability = [{ name: 'pubsub.memory', config: [{ ...READINGS, topic: 'other' }] }];
    const other = await hostOf(memory, { config: { ...config, capability } });
    const ended = noticeOf(other, /the session "shop-old-\w+" at memory:\/\/bus, .* was unsubscribed and ended/);
    await other.start();
    await within(ended, 20_000, 'the notice');
  });

  it('that throw while a session is opened end the host, which can be drained', async () => {
    const broken = { ...memoryDriver(), openSubscriber: () => expect.fail('out of order') };
    const host = await hostOf(broken);
    await host.start();
    const error = await within(host.failed, 20_000, 'failing');
    expect([error.code, error.message]).toEqual([
      'ERR_BROKER_DRIVER',
      'pubsub.memory: binding b0: the driver broke its contract: openSubscriber() threw: out of order',
    ]);
    await host.drain();
  });
});
