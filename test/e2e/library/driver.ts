import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from 'wasi-pubsub-host';
import { memoryDriver } from './memory-driver.ts';

const memory = memoryDriver();
await using host = createHost({
  drivers: [memory],
  component: 'temperature-alerts.wasm',
  config: {
    specversion: '0.2',
    name: 'in-memory',
    state_dir: await mkdtemp(join(tmpdir(), 'memory-')),
    capability: [{ name: 'pubsub.memory', config: [{ url: 'memory://bus', topic: 'sensors/+/temperature' }] }],
  },
});
const subscribed = host.status('subscribed');
await host.start();
await subscribed.next();

const alerted = new Promise((resolve) => memory.subscribe('alerts/#', ({ topic }) => resolve(topic)));
memory.publish('sensors/kitchen/temperature', '{"celsius": 31.5}');
console.log(`an alert on ${await alerted}`);
