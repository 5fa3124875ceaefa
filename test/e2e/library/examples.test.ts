import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startEmbeddedBroker } from '../../../src/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { connectClient, publish } from '../../support/mqtt-client.ts';
import { checkoutProject, EXAMPLES, exampleText, runExample } from './project.ts';

const README = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const SOURCE = ['wasi-pubsub-host-source'];

it.each(EXAMPLES)('%s stands in the README as it is run here', (name) => {
  expect(README).toContain(`\`\`\`ts\n${exampleText(name)}\`\`\`\n`);
});

it('runs a guest, prints what happens, and ends with the signal that its user handles', async () => {
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
  atEnd(() => broker.close());
  const folder = await checkoutProject();
  const example = runExample(folder, 'run.ts', { conditions: SOURCE, env: { MQTT_URL: broker.url } });
  await example.waitFor(/subscribed to sensors/);
  const client = await connectClient(broker.url, { protocolVersion: 4 });
  await publish(client, 'sensors/kitchen/temperature', '{"celsius": 21}');
  await example.waitFor('handled sensors/kitchen/temperature, attempt 1');
  await publish(client, 'sensors/kitchen/temperature', 'warm');
  await example.waitFor('gave up on sensors/kitchen/temperature: rejected: the payload is not JSON');
  expect(await example.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(example.stdout()).toMatch(/stopped\n$/);
  expect(example.stderr()).toBe('');
});

it('prints the code and the text of what stops it from starting', async () => {
  const folder = await checkoutProject();
  writeFileSync(join(folder, 'app.toml'), 'specversion = "0.2"\n');
  const example = runExample(folder, 'run.ts', { conditions: SOURCE });
  expect(await example.exited).toEqual({ code: 1, signal: null });
  expect(example.stderr()).toMatch(/^ERR_CONFIG_INVALID: app\.toml:1: capability: expected at least one/);
});

it.each([
  ['harness.ts', /^✔ a hot kitchen raises an alert/],
  ['driver.ts', /^an alert on alerts\/kitchen\n$/],
])('%s runs, and its process ends by itself', async (name, output) => {
  const example = runExample(await checkoutProject(), name, { conditions: SOURCE });
  expect(await example.exited, example.stderr()).toEqual({ code: 0, signal: null });
  expect(example.stdout()).toMatch(output);
});
