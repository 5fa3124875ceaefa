import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import mqtt from 'mqtt';
import { createHost, startEmbeddedBroker } from 'wasi-pubsub-host';

test('a hot kitchen raises an alert', async () => {
  await using broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
  await using host = createHost({
    component: 'temperature-alerts.wasm',
    config: {
      specversion: '0.2',
      name: 'test',
      state_dir: await mkdtemp(join(tmpdir(), 'alerts-')),
      capability: [
        { name: 'pubsub.mqtt', config: [{ url: broker.url, topic: 'sensors/+/temperature', publish: 'alerts/+' }] },
      ],
    },
  });
  const subscribed = host.status('subscribed');
  await host.start();
  await subscribed.next();

  const client = await mqtt.connectAsync(broker.url);
  await client.subscribeAsync('alerts/#', { qos: 1 });
  const alert = new Promise((resolve) => client.once('message', resolve));
  await client.publishAsync('sensors/kitchen/temperature', '{"celsius": 31.5}', { qos: 1 });
  assert.equal(await alert, 'alerts/kitchen');
  await client.endAsync();
});
