import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type AppDocument,
  type HostConfig,
  type LoadOptions,
  loadConfig,
  parseConfig,
} from '../../src/config/index.ts';
import { HostError } from '../../src/errors.ts';

const document: AppDocument = {
  specversion: '0.2',
  name: 'shop',
  drain: '5s',
  capability: [
    {
      name: 'pubsub.mqtt',
      config: [
        { url: 'mqtt://localhost', queue: ['a/+', 'b'], qos: 2, retry: { attempts: 3 }, tls: undefined },
        { url: 'mqtt://ada:hunter2@localhost:1884', publish: 'out/#' },
      ],
    },
  ],
  guest: { memory: '64MiB', env: { GREETING: 'hello' }, args: ['--fast'] },
};

const TOML = `specversion = "0.2"
name = "shop"
drain = "5s"
[[capability]]
name = "pubsub.mqtt"
[[capability.config]]
url = "mqtt://localhost"
queue = ["a/+", "b"]
qos = 2
retry.attempts = 3
[[capability.config]]
url = "mqtt://ada:hunter2@localhost:1884"
publish = "out/#"
[guest]
memory = "64MiB"
env.GREETING = "hello"
args = ["--fast"]
`;

async function errorOf(config: unknown, options?: LoadOptions): Promise<HostError> {
  try {
    await loadConfig(config as AppDocument, options);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(HostError);
    return thrown as HostError;
  }
  throw new Error('the configuration was accepted');
}

/** Without what tells where values come from. */
function values({ file: _file, origins: _origins, bindings, ...rest }: HostConfig) {
  return { ...rest, bindings: bindings.map(({ line: _line, ...binding }) => binding) };
}

test('an object means what the same keys mean in a file', async () => {
  const folder = '/apps';
  const config = await loadConfig(document, { folder });
  expect(values(config)).toEqual(values(parseConfig(TOML, join(folder, 'app.toml'), { env: {} })));
  expect(config.file).toBeUndefined();
  expect(config.bindings.map(({ line }) => line)).toEqual([undefined, undefined]);
  expect(config.origins.get('drain')).toEqual({ from: 'object' });
  expect(config.origins.get('state_max')).toEqual({ from: 'default', because: undefined });
  expect(config.secrets).toEqual(['hunter2']);
});

test('relative paths start at the working directory unless a folder is given', async () => {
  expect((await loadConfig(document)).stateDir).toBe(join(process.cwd(), '.host/shop'));
  expect((await loadConfig({ ...document, state_dir: 's' }, { folder: '/x' })).stateDir).toBe('/x/s');
});

test('strings are taken as they are', async () => {
  const guest = { env: { GREETING: `\${env:HOME} $\${` } };
  expect((await loadConfig({ ...document, guest })).guest.env).toEqual({ GREETING: `\${env:HOME} $\${` });
});

test('every mistake is told with its key', async () => {
  const wrong = {
    specversion: '0.2',
    durabilty: 'power',
    capability: [
      {
        name: 'pubsub.mqtt',
        config: [
          { url: 'tcp://localhost', queue: 'a', topic: 'b', name: 'x', timeout: 30 },
          { url: 'tcp://localhost', topic: 'c', name: 'x', qos: () => 1 },
        ],
      },
    ],
  };
  expect((await errorOf(wrong)).message).toBe(`6 problems in config

config: durabilty: expected a key of the top level, found an unknown key
  did you mean "durability"?

config: name: expected the app's name, which an object takes from no file, found nothing
  it is in client ids, and the group of its queues

config: capability[0].config[0].timeout: expected a duration from "1ms" to "24d", such as "30s", found the integer 30
  a bare number has no unit: write it in quotes with one of ms, s, m, h, d, such as "30s"

config: capability[0].config[0].topic: expected either queue or topic, found both (queue at capability[0].config[0].queue)
  queue: one receiver of the group gets a message; topic: every receiver gets it; for both, use two bindings

config: capability[0].config[1].qos: expected 0, 1 or 2, found another value

config: capability[0].config[1].name: expected a different name for each binding, found "x", which is also at capability[0].config[0].name`);
});

test('two queues of one group are told apart by their keys', async () => {
  const queue = { url: 'tcp://localhost', queue: 'a' };
  const { message } = await errorOf({
    specversion: '0.2',
    name: 'app',
    capability: [{ name: 'pubsub.mqtt', config: [queue, queue] }],
  });
  expect(message).toContain('another group than the queue at capability[0].config[0] has');
});

test.each([
  [null, 'null'],
  [undefined, 'undefined'],
  [7, 'number'],
])('%j is no configuration', async (config, found) => {
  const { code, message } = await errorOf(config);
  expect([code, message]).toEqual([
    'ERR_CONFIG_INVALID',
    `config: expected the path of an app.toml, or an object with its keys, found ${found}`,
  ]);
});

test('a file URL names a file', async () => {
  const error = await errorOf(new URL('file:///nowhere/app.toml'));
  expect(error.code).toBe('ERR_CONFIG_READ');
  expect(error.message).toContain('/nowhere/app.toml: the configuration cannot be read: there is no such file');
});
