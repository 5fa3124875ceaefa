import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { buildGuest } from '../../src/app/build.ts';
import { startEmbeddedBroker } from '../../src/broker/index.ts';
import { atEnd } from '../support/cleanup.ts';
import { collect, connectClient, publish } from '../support/mqtt-client.ts';
import { spawnProcess } from '../support/process.ts';
import { tempDirectory } from '../support/temp.ts';

const source = (path: string) => new URL(`../../src/${path}`, import.meta.url).href;

/** The package as the README's program imports it, with what the test adds: the app's text and the log. */
const SHIM = `import { readFileSync } from 'node:fs';
import { parseConfig } from '${source('config/index.ts')}';
import * as library from '${source('index.ts')}';
export const { WitError } = library;
export function createHost(options) {
  const config = parseConfig(readFileSync(options.config, 'utf8'), process.cwd() + '/' + options.config, { env: {} });
  const report = (status) => console.log(JSON.stringify(status));
  return library.createHost({ ...options, config, telemetry: { report, wants: () => true } });
}
`;

function blocks(section: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [, language = '', text = ''] of section.matchAll(/```(\w+)\n([\s\S]*?)```/g))
    found[language] = [...(found[language] ?? []), text];
  return found;
}

it("runs the README's example", async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, section = ''] = /### Interfaces of your own\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const { wit = [], ts = [], js = [] } = blocks(section);
  expect([wit.length, ts.length, js.length]).toEqual([1, 2, 1]);
  const [guest = '', program = ''] = ts;
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0, protocol: 'tcp' });
  atEnd(() => broker.close());
  const folder = join(tempDirectory('readme'), 'shop');
  const files = {
    'wit/world.wit': wit.join(''),
    'src/main.ts': guest,
    'hash.js': js.join(''),
    'shim.mjs': SHIM,
    'program.ts': program.replace("'wasi-pubsub-host'", "'./shim.mjs'").replace('type CallContext, ', ''),
    'package.json': '{ "type": "module" }',
    'app.toml': `specversion = "0.2"
cache_dir = "${join(folder, 'cache')}"
[[capability]]
name = "pubsub.mqtt"
[[capability.config]]
url = "${broker.url}"
topic = "orders"
retry = { attempts = 1 }
`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await buildGuest({ folder });
  const host = spawnProcess(process.execPath, ['program.ts'], { cwd: folder });
  atEnd(() => host.kill('SIGKILL'));
  await host.waitFor(/"kind":"subscribed"/, { timeout: 60_000 });
  const client = await connectClient(broker.url, { protocolVersion: 4 });
  const invoices = await collect(client, 'invoices');
  await publish(client, 'orders', 'apple');
  const { text } = await invoices.next(30_000);
  const { data_base64 = '' } = JSON.parse(text) as { data_base64?: string };
  // SHA-256 of "apple" begins with 3a7bd3e2.
  expect(Buffer.from(data_base64, 'base64').toString()).toBe('120 cents, order 58-123-211-226');
  await publish(client, 'orders', 'pear');
  await host.waitFor(/"kind":"dead-letter"/, { timeout: 30_000 });
});
