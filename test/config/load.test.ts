import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/index.ts';
import { tempDirectory } from '../support/temp.ts';
import { errorOf, oneBinding } from './fixtures.ts';

describe('loadConfig', () => {
  test('reads the file, with a byte order mark too', async () => {
    const file = join(tempDirectory('config'), 'shop app!.toml');
    writeFileSync(file, `\uFEFF${oneBinding()}`);
    const config = await loadConfig(file);
    expect(config.file).toBe(file);
    expect(config.name).toBe('shop-app-');
    expect(config.stateDir).toBe(join(file, '../.host/shop-app-'));
  });

  test('what cannot be read is one clear line', async () => {
    const folder = tempDirectory('config');
    const missing = join(folder, 'none.toml');
    await expect(loadConfig(missing)).rejects.toMatchObject({
      code: 'ERR_CONFIG_READ',
      message: `${missing}: the configuration cannot be read: there is no such file`,
    });
    mkdirSync(join(folder, 'dir.toml'));
    await expect(loadConfig(join(folder, 'dir.toml'))).rejects.toMatchObject({
      code: 'ERR_CONFIG_READ',
      message: expect.stringContaining('it is a folder'),
    });
    const binary = join(folder, 'latin.toml');
    writeFileSync(binary, Buffer.from([0x61, 0xe9]));
    await expect(loadConfig(binary)).rejects.toMatchObject({
      code: 'ERR_CONFIG_READ',
      message: `${binary}: the configuration cannot be read: it is not UTF-8 text`,
    });
    const component = join(folder, 'app.wasm');
    writeFileSync(component, Buffer.from('\0asm\x0d\0\x01\0\xe9', 'latin1'));
    await expect(loadConfig(component)).rejects.toMatchObject({
      code: 'ERR_CONFIG_READ',
      message: expect.stringMatching(/it is WebAssembly; the TOML file is named first$/),
    });
  });

  test('reads the process’s own environment unless another is given', async () => {
    const file = join(tempDirectory('config'), 'app.toml');
    writeFileSync(file, oneBinding(`will.topic = "\${env:CONFIG_TEST_TOPIC}"`));
    process.env.CONFIG_TEST_TOPIC = 'gone';
    try {
      expect((await loadConfig(file)).bindings[0]?.connection.will?.topic).toBe('gone');
      await expect(loadConfig(file, { env: {} })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    } finally {
      delete process.env.CONFIG_TEST_TOPIC;
    }
  });
});

describe('flags', () => {
  test('win over the file', () => {
    const text = oneBinding('', 'state_dir = "s"\ntelemetry.log_format = "text"');
    const config = parseConfig(text, '/apps/app.toml', { stateDir: 'elsewhere', logFormat: 'json' });
    expect(config.stateDir).toBe(join(process.cwd(), 'elsewhere'));
    expect(config.telemetry.logFormat).toBe('json');
    expect(config.origins.get('state_dir')).toEqual({ from: 'flag', flag: '--state-dir' });
    expect(config.origins.get('telemetry.log_format')).toEqual({ from: 'flag', flag: '--log-format' });
  });

  test('without them the file holds', () => {
    const config = parseConfig(oneBinding('', 'state_dir = "s"'), '/apps/app.toml');
    expect(config.stateDir).toBe('/apps/s');
    expect(config.origins.get('state_dir')).toEqual({ from: 'file', line: 2, through: [] });
    expect(config.origins.get('drain')).toEqual({ from: 'default', because: undefined });
  });
});

test.each([
  ['/x/app.toml', 'app'],
  ['/x/a b.toml', 'a-b'],
  ['/x/....toml', 'app'],
  ['/x/config', 'config'],
  [`/x/${'n'.repeat(80)}.toml`, 'n'.repeat(64)],
])('the app in %s is called %s', (file, name) => {
  expect(parseConfig(oneBinding(), file).name).toBe(name);
});

test('the whole text of a document with many mistakes', () => {
  const text = `specversion = "0.1"
durabilty = "power"
drain = 25

[[capability]]
name = "pubsub.mqtt"

[[capability.config]]
url = "tpc://me:hunter2@localhost"
qos = 3
queue = ["a/+", "a/b"]
delivery = "pushed"
state_dir = "/var/lib/app"

[[capability.config]]
url = "tcp://localhost"
topic = "x"
queue = "y"
timeout = "\${env:CALL_TIMEOUT}"
dead_letter = "x"

[guest]
memory = "8GiB"
env.PORT = 80
`;
  const error = errorOf(text);
  expect(error.code).toBe('ERR_CONFIG_INVALID');
  expect(error.message).toBe(`12 problems in /apps/app.toml

/apps/app.toml:1: specversion: expected "0.2", the format of this configuration, found "0.1"

/apps/app.toml:2: durabilty: expected a key of the top level, found an unknown key
  did you mean "durability"?

/apps/app.toml:3: drain: expected a duration from "0s" to "24d", such as "25s", found the integer 25
  a bare number has no unit: write it in quotes with one of ms, s, m, h, d, such as "25s"

/apps/app.toml:9: capability[0].config[0].url: expected a url that starts with tcp://, mqtt://, mqtts://, ssl://, ws:// or wss://, found "tpc://***@localhost"
  did you mean tcp://?

/apps/app.toml:10: capability[0].config[0].qos: expected 0, 1 or 2, found the integer 3

/apps/app.toml:11: capability[0].config[0].queue[1]: expected filters that do not overlap within one binding, found "a/b" beside "a/+"
  a broker sends a message that matches both of them twice: keep the wider one, or use two bindings

/apps/app.toml:12: capability[0].config[0].delivery: expected "push", "pull" or "auto", found "pushed"
  did you mean "push"?

/apps/app.toml:13: capability[0].config[0].state_dir: expected a key of a binding, found an unknown key
  "state_dir" belongs at the top level: above the first [table] of the file

/apps/app.toml:17: capability[0].config[1].topic: expected either queue or topic, found both (queue on line 18)
  queue: one receiver of the group gets a message; topic: every receiver gets it; for both, use two bindings

/apps/app.toml:19: capability[0].config[1].timeout: expected the environment variable CALL_TIMEOUT to be set, found it unset
  set CALL_TIMEOUT, or give a default: \${env:CALL_TIMEOUT:-…}

/apps/app.toml:23: guest.memory: expected a size from "64KiB" to "4GiB", such as "128MiB", found "8GiB"

/apps/app.toml:24: guest.env.PORT: expected text, found the integer 80
  write it in quotes`);
});
