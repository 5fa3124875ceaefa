// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what the configuration fills in
import { expect, test } from 'vitest';
import { checkWarnings, describeConfig } from '../../src/config/index.ts';
import { manyBindings, oneBinding, parse } from './fixtures.ts';

const lineOf = (lines: readonly string[], key: string) =>
  lines
    .find((line) => line.trimStart().startsWith(`${key} `))
    ?.replace(/\s+/g, ' ')
    .trim();

test('every value with where it came from, and no secret', () => {
  const text = manyBindings(
    [
      [
        'name = "in"',
        'url = ["mqtts://one", "mqtts://two"]',
        'topic = ["a/+", "b"]',
        'username = "${env:MQTT_USER}"',
        'password = "${env:MQTT_PASSWORD}"',
        'tls.cert = "-----BEGIN CERTIFICATE hunter2"',
        'tls.key = "-----BEGIN KEY hunter2"',
        'qos = "${env:QOS:-2}"',
        'timeout = "90s"',
      ].join('\n'),
      'url = "tcp://bob:hunter2@far"\npublish = "out/#"\nwill.topic = "gone"',
    ],
    'drain = "1m"\n[guest]\nenv = { TOKEN = "${env:TOKEN}", MODE = "fast" }\n',
  );
  const env = { MQTT_USER: 'alice', MQTT_PASSWORD: 'hunter2', TOKEN: 'hunter2' };
  const config = parse(text, { env, stateDir: '/state', logFormat: 'json' });
  const lines = describeConfig(config);
  expect(lines.join('\n')).not.toContain('hunter2');
  expect(lines.slice(0, 8)).toEqual([
    '/apps/app.toml',
    "  name              app                        default: the file's name",
    '  state_dir         /state                     --state-dir',
    '  state_max         1GiB                       default',
    '  durability        power                      default',
    '  dead_letter_keep  14d                        default',
    '  drain             1m                         app.toml:2',
    "  cache_dir         (the user's cache folder)  default",
  ]);
  expect(lineOf(lines, 'env.TOKEN')).toBe('env.TOKEN *** app.toml:4 from ${env:TOKEN}');
  expect(lineOf(lines, 'env.MODE')).toBe('env.MODE "fast" app.toml:4');
  expect(lineOf(lines, 'log_format')).toBe('log_format json --log-format');
  expect(lines).toContain('binding in (pubsub.mqtt, topic, line 8)');
  expect(lineOf(lines, 'url')).toBe('url mqtts://one, mqtts://two app.toml:10');
  expect(lineOf(lines, 'topic')).toBe('topic "a/+", "b" app.toml:11');
  expect(lineOf(lines, 'username')).toBe('username "alice" app.toml:12 from ${env:MQTT_USER}');
  expect(lineOf(lines, 'password')).toBe('password *** app.toml:13 from ${env:MQTT_PASSWORD}');
  expect(lineOf(lines, 'tls.key')).toBe('tls.key *** app.toml:15');
  expect(lineOf(lines, 'qos')).toBe('qos 2 app.toml:16 from ${env:QOS}');
  expect(lineOf(lines, 'transactional')).toBe('transactional true default: qos 2');
  expect(lineOf(lines, 'client_id')).toBe('client_id app-in-<instance> default');
  expect(lines).toContain('binding b1 (pubsub.mqtt, publish-only, line 18)');
  const second = lines.slice(lines.indexOf('binding b1 (pubsub.mqtt, publish-only, line 18)'));
  expect(lineOf(second, 'url')).toBe('url tcp://far app.toml:19');
  expect(lineOf(second, 'password')).toBe('password *** app.toml:19');
  expect(lineOf(second, 'will.topic')).toBe('will.topic "gone" app.toml:21');
  expect(lineOf(second, 'on_message')).toBeUndefined();
  expect(second.slice(-3)).toEqual([
    '',
    'warnings',
    '  capability[0].config[0].timeout: 90s is longer than drain (1m): a call that runs longer when the host stops is cut, and repeated',
  ]);
});

test('nothing to warn about, no warnings', () => {
  const config = parse(oneBinding('timeout = "25s"'));
  expect(checkWarnings(config)).toEqual([]);
  expect(describeConfig(config)).not.toContain('warnings');
});
