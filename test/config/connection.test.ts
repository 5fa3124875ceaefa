// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what the configuration fills in
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/index.ts';
import { tempDirectory } from '../support/temp.ts';
import { bindingOf, errorOf, manyBindings, parse, problemOf, problemsOf } from './fixtures.ts';

const binding = (...keys: string[]) => manyBindings([`topic = "a"\n${keys.join('\n')}`]);
const URL_PATH = 'capability[0].config[0].url';

describe('url', () => {
  test.each([
    [[], 'url: expected the url of a broker, found nothing\n  write url = "tcp://localhost:1883"'],
    [['url = []'], 'url: expected at least one url, found an empty list'],
    [['url = 5'], 'url: expected text, found the integer 5'],
    [['url = "localhost"'], 'url: expected a url that starts with tcp://'],
    [['url = ["tcp://a", "amqp://b"]'], 'url[1]: expected a url that starts with'],
    [
      ['url = ["tcp://a", "tcp://A:1883/"]'],
      'url[1]: expected different addresses in one list, found tcp://A:1883/, the same as tcp://a',
    ],
    [
      ['url = ["tcp://localhost", "tcp://127.0.0.1"]'],
      'url[1]: expected different addresses in one list, found tcp://127.0.0.1, the same as tcp://localhost',
    ],
    [
      ['url = ["tcp://u:p@a", "tcp://b"]'],
      'url: expected the same user and password in every url of a list, found different ones',
    ],
    [['url = ["tcp://u:p@a", "tcp://u:q@b"]'], 'url: expected the same user and password'],
  ])('%j', (keys, message) => {
    expect(problemOf(binding(...keys))).toContain(`capability[0].config[0].${message}`);
  });

  test('a list keeps its order', () => {
    const { addresses } = bindingOf(binding('url = ["tcp://b", "tcp://a", "tcp://b:2"]')).connection;
    expect(addresses.map(({ display }) => display)).toEqual(['tcp://b', 'tcp://a', 'tcp://b:2']);
  });
});

describe('user and password', () => {
  test('from the url, decoded', () => {
    const config = parse(binding('url = ["tcp://me:p%40ss@a", "tcp://me:p%40ss@b"]'));
    expect(config.bindings[0]?.connection).toMatchObject({ username: 'me', password: 'p@ss' });
    expect(config.secrets).toEqual(['p%40ss', 'p@ss']);
    expect(config.bindings[0]?.connection.addresses.map(({ display }) => display)).toEqual(['tcp://a', 'tcp://b']);
  });

  test('not in the url and as keys', () => {
    expect(problemsOf(binding('url = "tcp://me:pw@a"', 'username = "x"', 'password = "y"'))).toEqual([
      expect.stringContaining('username: expected no username beside a url that carries user and password, found both'),
      expect.stringContaining('password: expected no password beside a url that carries user and password, found both'),
    ]);
  });

  test('no password without a user', () => {
    expect(problemOf(binding('url = "tcp://a"', 'password = "y"'))).toContain(
      'password: expected username beside password',
    );
  });

  test.each([
    ['url = "tcp://me:hunter2@a:x"'],
    ['url = "me:hunter2@a"'],
    ['url = "amqp://me:hun@hunter2@a"'],
    ['url = "tcp://me:hunter2/x@a"'],
    ['url = ["tcp://me:hunter2@a", "tcp://me:hunter2@a"]'],
    ['url = "tcp://:hunter2@a"'],
    ['url = "tcp://me:hunter2@a/path"'],
    ['url = "tcp://a"\npassword = ["hunter2"]\nusername = "u"'],
    ['url = "tcp://a"\nusername = "u"\npassword = "hunter2"\nname = "x hunter2"'],
    ['url = "tcp://a"\nusername = "u"\npassword = "${env:PW}"\nname = "${env:PW} "'],
    ['url = "tcp://a"\ntls.key = "-----BEGIN hunter2"'],
    ['url = "tcp://a"\ntls.key = { hunter2 = "hunter2" }\n'],
  ])('no message shows a secret: %j', (keys) => {
    const { message } = errorOf(binding(keys), { env: { PW: 'hunter2' } });
    expect(message).not.toContain('hunter2');
  });

  test('a password that is no text is named by its type', () => {
    const text = binding('url = "tcp://a"', 'username = "u"', 'password = 271828');
    expect(problemOf(text)).toContain('password: expected text, found a number\n  write it in quotes');
  });

  test('secrets are collected for whoever prints', () => {
    const text = binding(
      'url = "mqtts://a"',
      'username = "u"',
      'password = "<${env:PW}>"',
      'tls.cert = "-----BEGIN c"',
      'tls.key = "-----BEGIN k"',
    );
    expect(parse(text, { env: { PW: 'hunter2' } }).secrets).toEqual(['<hunter2>', '-----BEGIN k']);
  });
});

describe('tls', () => {
  const certs = join(import.meta.dirname, '../support/certs');

  test('paths are relative to the TOML file, and read', () => {
    const folder = tempDirectory('config');
    for (const file of ['ca.pem', 'client.pem', 'client.key']) copyFileSync(join(certs, file), join(folder, file));
    const text = binding('url = "mqtts://a"', 'tls = { ca = "ca.pem", cert = "./client.pem", key = "client.key" }');
    const config = parseConfig(text, join(folder, 'app.toml'), { env: {} });
    const tls = config.bindings[0]?.connection.tls;
    expect(tls?.ca).toContain('-----BEGIN CERTIFICATE');
    expect(tls?.cert).toContain('-----BEGIN CERTIFICATE');
    expect(tls?.key).toMatch(/-----BEGIN .*PRIVATE KEY/);
    expect(tls?.insecure).toBe(false);
    expect(config.secrets).toEqual([tls?.key]);
  });

  test('PEM text is taken as it is, from a variable too', () => {
    const text = binding(
      'url = "wss://a"',
      'tls.ca = """\n-----BEGIN CERTIFICATE\n"""',
      'tls.cert = "${env:C}"',
      'tls.key = "${env:K}"',
    );
    const env = { C: '-----BEGIN C', K: '-----BEGIN K' };
    expect(bindingOf(text, { env }).connection.tls).toEqual({
      ca: '-----BEGIN CERTIFICATE\n',
      cert: '-----BEGIN C',
      key: '-----BEGIN K',
      insecure: false,
    });
    expect(parse(text, { env }).secrets).toEqual(['-----BEGIN K']);
  });

  test('an unreadable file, and one without PEM', () => {
    const folder = tempDirectory('config');
    writeFileSync(join(folder, 'der'), 'x');
    expect(problemOf(binding('url = "mqtts://a"', 'tls.ca = "no/such.pem"'))).toContain(
      'tls.ca: expected PEM text, or the path of a PEM file, found ENOENT for /apps/no/such.pem',
    );
    expect(problemOf(binding('url = "mqtts://a"', `tls.ca = "${folder}/der"`))).toContain(
      'found a file that holds no PEM',
    );
  });

  test.each([
    [['tls.cert = "-----BEGIN"'], 'tls.key: expected tls.key beside tls.cert, found nothing'],
    [['tls.key = "-----BEGIN"'], 'tls.cert: expected tls.cert beside tls.key, found nothing'],
    [['tls.insecure = "yes"'], 'tls.insecure: expected true or false'],
    [['tls = true'], 'tls: expected a table, found true'],
  ])('%j', (keys, message) => {
    expect(problemOf(binding('url = "mqtts://a"', ...keys))).toContain(message);
  });

  test('is refused where nothing is encrypted', () => {
    const problem = problemOf(binding('url = ["tcp://a", "ws://b"]', 'tls.insecure = false'));
    expect(problem).toContain('tls: expected a url with mqtts:// or wss:// beside tls, found tcp://a, ws://b');
    expect(bindingOf(binding('url = ["tcp://a", "mqtts://b"]', 'tls.insecure = false')).connection.tls).toBeDefined();
  });

  test('insecure is warned about', () => {
    expect(parse(binding('url = "mqtts://a"', 'tls.insecure = true')).warnings).toEqual([
      "capability[0].config[0].tls.insecure: the broker's certificate is not verified; use this for tests only",
    ]);
  });
});

describe('will', () => {
  test('has defaults', () => {
    expect(bindingOf(binding('url = "tcp://a"', 'will.topic = "w"')).connection.will).toEqual({
      topic: 'w',
      payload: '',
      qos: 0,
      retain: false,
    });
  });

  test.each([
    [['will.payload = "x"'], 'will.topic: expected the topic of the will, found nothing'],
    [['will.topic = "a/#"'], 'will.topic: expected a topic, found "a/#"'],
    [['will.topic = "a"', 'will.qos = 3'], 'will.qos: expected 0, 1 or 2'],
    [['will.topic = "a"', 'will.payload = 1'], 'will.payload: expected text, found the integer 1'],
  ])('%j', (keys, message) => {
    expect(problemOf(binding('url = "tcp://a"', ...keys))).toContain(message);
  });
});

test('a url of the list is named with its line', () => {
  const text = binding('url = [\n  "tcp://a",\n  "tcp://a",\n]');
  expect(problemOf(text)).toContain(`/apps/app.toml:9: ${URL_PATH}[1]: `);
});
