import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/index.ts';

const FILE = join(import.meta.dirname, '../../spin.example.toml');

const PULL = `specversion = "0.2"

[[capability]]
name = "pubsub.mqtt"
[[capability.config]]
url = "tcp://localhost:1883"
qos = 1
queue = "user/+"        # load-balanced; or topic = "group" for fan-out
delivery = "pull"       # or "push", with on_message = "on_message"
`;
const PUSH = PULL.replace('queue = "user/+"', 'topic = "group"').replace(
  'delivery = "pull"',
  'delivery = "push"\non_message = "on_message"',
);

const pulling = { kind: 'queue', filters: ['user/+'], delivery: 'pull', qos: 1, driver: 'mqtt' };
const pushing = { kind: 'topic', filters: ['group'], delivery: 'push', onMessage: 'on_message', qos: 1 };

test('the example holds both samples', async () => {
  const { bindings, warnings } = await loadConfig(FILE, { env: {} });
  expect(bindings).toMatchObject([pulling, pushing]);
  expect(bindings.map(({ path }) => path)).toEqual(['capability[0].config[0]', 'capability[1].config[0]']);
  expect(warnings).toEqual([]);
});

test('as one document: one specversion, two capabilities', () => {
  const text = readFileSync(FILE, 'utf8');
  expect(text.match(/^specversion = "0\.2"$/gm)).toHaveLength(1);
  expect(text.match(/^\[\[capability\]\]$/gm)).toHaveLength(2);
});

test('each sample alone', () => {
  expect(parseConfig(PULL, 'pull.toml').bindings).toMatchObject([pulling]);
  expect(parseConfig(PUSH, 'push.toml').bindings).toMatchObject([pushing]);
});
