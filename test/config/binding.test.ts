import { describe, expect, test } from 'vitest';
import { bindingOf, manyBindings, oneBinding, parse, SPEC } from './fixtures.ts';

const BINDING = 'capability[0].config[0]';

describe('defaults', () => {
  test.each([
    ['workers = 4', 16, 4],
    ['workers = 40', 40, 40],
    ['instances = 2', 2, 1],
  ])('of [guest] with %s', (keys, instances, workers) => {
    expect(parse(oneBinding('', `[guest]\n${keys}`)).guest).toMatchObject({ instances, workers });
  });

  test('of a binding', () => {
    expect(bindingOf(oneBinding())).toEqual({
      name: 'b0',
      named: false,
      position: 0,
      path: BINDING,
      line: 5,
      driver: 'mqtt',
      connection: {
        addresses: [{ protocol: 'mqtt', host: 'localhost', port: 1883, path: '', display: 'tcp://localhost' }],
        username: undefined,
        password: undefined,
        tls: undefined,
        keepalive: 30_000,
        will: undefined,
        protocol: 5,
      },
      qos: 1,
      kind: 'topic',
      filters: ['a/b'],
      group: 'app',
      delivery: 'auto',
      onMessage: 'on_message',
      publish: undefined,
      clientId: undefined,
      onStop: 'keep',
      sessionExpiry: 7 * 86_400_000,
      maxInFlight: 1000,
      maxBytesInFlight: 64 * 2 ** 20,
      order: 'topic',
      timeout: 30_000,
      retry: { attempts: 8, initial: 500, max: 30_000, jitter: 0.2 },
      deadLetter: undefined,
      transactional: false,
      receiveTimeout: undefined,
      format: 'cloudevents',
      dedup: undefined,
    });
  });

  test('of the app', () => {
    const { origins, bindings, ...app } = parse(oneBinding());
    expect(app).toEqual({
      file: '/apps/app.toml',
      name: 'app',
      stateDir: '/apps/.host/app',
      stateMax: 2 ** 30,
      durability: 'power',
      deadLetterKeep: 14 * 86_400_000,
      drain: 25_000,
      cacheDir: undefined,
      guest: { memory: 128 * 2 ** 20, instances: 16, workers: 1, env: Object.create(null), args: [] },
      telemetry: { log: 'info', logFormat: 'auto', http: undefined },
      warnings: [],
      secrets: [],
    });
  });

  test.each([
    ['', 7 * 86_400_000],
    ['on_stop = "leave"', 600_000],
    ['qos = 0', 0],
    ['qos = 0\non_stop = "leave"', 0],
    ['on_stop = "leave"\nsession_expiry = "1h"', 3_600_000],
  ])('session_expiry with %j', (keys, expiry) => {
    expect(bindingOf(oneBinding(keys)).sessionExpiry).toBe(expiry);
  });

  test.each([
    ['qos = 0', false],
    ['qos = 1', false],
    ['qos = 2', true],
    ['qos = 2\ntransactional = false', false],
    ['qos = 1\ntransactional = true', true],
    ['qos = 0\ntransactional = false', false],
  ])('transactional with %j', (keys, transactional) => {
    expect(bindingOf(oneBinding(keys)).transactional).toBe(transactional);
  });

  test('a publish-only binding is never transactional by itself', () => {
    const text = manyBindings(['url = "tcp://localhost"\nqos = 2']);
    expect(bindingOf(text)).toMatchObject({ kind: 'publish-only', transactional: false, filters: [] });
  });

  test('a longer retry.initial lifts the default of retry.max', () => {
    expect(bindingOf(oneBinding('retry.initial = "1m"')).retry).toMatchObject({ initial: 60_000, max: 60_000 });
  });
});

describe('everything written', () => {
  test('of a binding', () => {
    const keys = [
      'name = "orders.eu"',
      'url = ["mqtts://one:8884", "wss://two/mqtt"]',
      'qos = 2',
      'queue = ["a/+", "b/#"]',
      'group = "workers"',
      'delivery = "push"',
      'on_message = "acme:shop/orders#on-order"',
      'publish = ["out/#"]',
      'client_id = "me"',
      'username = "u"',
      'password = ""',
      'keepalive = "1m"',
      'protocol = "3.1.1"',
      'on_stop = "leave"',
      'session_expiry = "1d"',
      'max_in_flight = 10',
      'max_bytes_in_flight = "1MiB"',
      'order = "none"',
      'timeout = "5s"',
      'dead_letter = "dead/letters"',
      'transactional = true',
      'receive_timeout = "2s"',
      'format = "raw"',
      'dedup = "10m"',
      'retry = { attempts = 3, initial = "1s", max = "2s", jitter = 0 }',
      'will = { topic = "gone", payload = "bye", qos = 1, retain = true }',
      'tls.insecure = true',
    ];
    expect(bindingOf(manyBindings([keys.join('\n')], 'name = "shop"'))).toMatchObject({
      name: 'orders.eu',
      named: true,
      qos: 2,
      kind: 'queue',
      filters: ['a/+', 'b/#'],
      group: 'workers',
      delivery: 'push',
      onMessage: 'acme:shop/orders#on-order',
      publish: ['out/#'],
      clientId: 'me',
      onStop: 'leave',
      sessionExpiry: 86_400_000,
      maxInFlight: 10,
      maxBytesInFlight: 2 ** 20,
      order: 'none',
      timeout: 5000,
      deadLetter: 'dead/letters',
      transactional: true,
      receiveTimeout: 2000,
      format: 'raw',
      dedup: 600_000,
      retry: { attempts: 3, initial: 1000, max: 2000, jitter: 0 },
      connection: {
        addresses: [{ display: 'mqtts://one:8884' }, { display: 'wss://two/mqtt' }],
        username: 'u',
        password: '',
        keepalive: 60_000,
        protocol: 4,
        will: { topic: 'gone', payload: 'bye', qos: 1, retain: true },
        tls: { insecure: true },
      },
    });
  });

  test('of the app', () => {
    const top = [
      'name = "shop"',
      'state_dir = "state"',
      'state_max = "2GiB"',
      'durability = "process"',
      'dead_letter_keep = "30d"',
      'drain = "0s"',
      'cache_dir = "/var/cache/x"',
      '[guest]',
      'memory = "64KiB"',
      'instances = 32',
      'workers = 3',
      'env = { A = "1" }',
      'args = ["-v"]',
      '[telemetry]',
      'log = "debug"',
      'log_format = "json"',
      'http = "[::1]:9464"',
    ].join('\n');
    expect(parse(oneBinding('', top))).toMatchObject({
      name: 'shop',
      stateDir: '/apps/state',
      stateMax: 2 ** 31,
      durability: 'process',
      deadLetterKeep: 30 * 86_400_000,
      drain: 0,
      cacheDir: '/var/cache/x',
      guest: { memory: 65_536, instances: 32, workers: 3, env: { A: '1' }, args: ['-v'] },
      telemetry: { log: 'debug', logFormat: 'json', http: { host: '::1', port: 9464 } },
    });
  });

  test('several capabilities of one name add up', () => {
    const text = `${manyBindings(['url = "tcp://localhost"\ntopic = "a"'])}${oneBinding().slice(SPEC.length)}`;
    expect(parse(text).bindings).toMatchObject([
      { name: 'b0', path: 'capability[0].config[0]', position: 0 },
      { name: 'b1', path: 'capability[1].config[0]', position: 1 },
    ]);
  });

  test('the result is frozen through and through', () => {
    const config = parse(oneBinding('', '[guest]\nenv.A = "1"'));
    const parts = [
      config,
      config.bindings,
      config.bindings[0],
      config.bindings[0]?.connection.addresses[0],
      config.guest.env,
    ];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });
});
