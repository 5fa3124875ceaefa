import { describe, expect, test } from 'vitest';
import { bindingOf, manyBindings, oneBinding, parse, problemOf, problemsOf, SPEC } from './fixtures.ts';

const BINDING = 'capability[0].config[0]';

describe('defaults', () => {
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
      'instances = 2',
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
      guest: { memory: 65_536, instances: 2, workers: 3, env: { A: '1' }, args: ['-v'] },
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

describe('values that are refused', () => {
  test.each([
    ['qos = 3', '0, 1 or 2, found the integer 3'],
    ['qos = "1"', '0, 1 or 2, found "1"\n  write it without quotes'],
    ['qos = true', '0, 1 or 2, found true'],
    ['qos = 9007199254740993', '0, 1 or 2, found the integer 9007199254740993'],
    ['qos = 1.5', '0, 1 or 2, found the number 1.5'],
    ['qos = 2024-01-01', '0, 1 or 2, found the date 2024-01-01'],
    ['qos = []', '0, 1 or 2, found an empty list'],
    ['qos = {}', '0, 1 or 2, found a table'],
    ['protocol = 3.1', '5 or "3.1.1", found the number 3.1'],
    ['protocol = "5"', '5 or "3.1.1", found "5"\n  write it without quotes'],
    [
      'timeout = 30',
      '"30s", found the integer 30\n  a bare number has no unit: write it in quotes with one of ms, s, m, h, d, such as "30s"',
    ],
    ['timeout = "30"', '"30s", found "30"\n  a bare number has no unit'],
    ['timeout = "0s"', 'a duration from "1ms" to "24d", such as "30s", found "0s"'],
    ['timeout = "25d"', 'a duration from "1ms" to "24d"'],
    ['keepalive = "1500ms"', 'a duration of whole seconds'],
    ['keepalive = "1d"', 'a duration from "0s" to "65535s"'],
    ['session_expiry = "0s"', 'a duration from "1s" to'],
    [
      'max_bytes_in_flight = 64',
      'found the integer 64\n  a bare number has no unit: write it in quotes with one of B, KiB, MiB, GiB, such as "64MiB"',
    ],
    ['max_in_flight = 0', 'a whole number from 1 to 65535, found the integer 0'],
    ['max_in_flight = 99999999999999999999', 'a whole number from 1 to 65535, found the integer'],
    ['delivery = "Push"', '"push", "pull" or "auto", found "Push"\n  did you mean "push"?'],
    ['format = "xml"', '"cloudevents", "structured" or "raw", found "xml"'],
    ['transactional = "true"', 'true or false, found "true"\n  write it without quotes'],
    ['transactional = 1', 'true or false, found the integer 1'],
    ['retry.jitter = 2', 'a number from 0 to 1, found the integer 2'],
    ['retry.attempts = 0', 'a whole number from 1 to'],
    ['retry = 5', 'a table, found the integer 5'],
    ['name = "a b"', '1 to 64 letters, digits, ".", "_" or "-", found "a b"'],
    ['name = ".."', '1 to 64 letters'],
    ['name = ""', '1 to 64 letters, digits, ".", "_" or "-", found empty text'],
    ['client_id = ""', 'text that is not empty, found empty text'],
    ['username = 5', 'text, found the integer 5\n  write it in quotes'],
    ['on_message = "on message"', 'the name of a function'],
    ['on_message = "onMessage"', 'the name of a function'],
    ['on_message = "shop/orders#on-order"', 'the name of a function'],
    ['on_message = "acme:shop/orders#on_order"', 'the name of a function'],
    ['dead_letter = "a/+"', 'a topic, found "a/+"\n  a topic to publish to must not contain'],
    ['publish = ["a", 5]', 'publish[1]: expected a topic filter, found the integer 5'],
    ['publish = "a/#/b"', '"#" must be a whole level, and the last one'],
    ['publish = "$share/g/a"', 'the host makes shared subscriptions itself'],
  ])('%s', (keys, message) => {
    const problem = problemOf(oneBinding(keys));
    expect(problem).toMatch(/^\/apps\/app\.toml:8: capability\[0\]\.config\[0\]\./);
    expect(problem).toContain(message);
  });

  test.each([
    ['queue = []', 'at least one topic filter, found an empty list'],
    ['queue = ""', 'a topic filter, found empty text'],
    ['queue = "a+"', 'a topic filter, found "a+"\n  "+" must be a whole level'],
    ['queue = "$share/g/a"', 'a topic filter, found "$share/g/a"\n  the host makes shared subscriptions itself'],
    ['topic = [["a"]]', 'topic[0]: expected a topic filter, found a list'],
    ['queue = "a"\ngroup = "a/b"', 'a group without "/", "+" or "#", and not empty, found "a/b"'],
    ['queue = "a"\ngroup = "#"', 'a group without'],
    ['queue = "a"\ngroup = ""', 'a group without'],
  ])('%s', (keys, message) => {
    expect(problemOf(oneBinding(keys))).toContain(message);
  });

  test.each([
    ['memory = "32KiB"', 'guest.memory: expected a size from "64KiB" to "4GiB"'],
    ['memory = "5GiB"', 'guest.memory: expected a size from "64KiB" to "4GiB"'],
    ['memory = 134217728', 'such as "128MiB"'],
    ['instances = 0', 'guest.instances: expected a whole number from 1 to 16'],
    ['instances = 17', 'guest.instances: expected a whole number from 1 to 16'],
    ['workers = 0', 'guest.workers: expected a whole number from 1'],
    ['env.PORT = 80', 'guest.env.PORT: expected text, found the integer 80\n  write it in quotes'],
    ['env = "A=1"', 'guest.env: expected a table'],
    ['env."A=B" = "x"', 'guest.env."A=B": expected a variable name without "="'],
    ['args = "-v"', 'guest.args: expected a list of texts, found "-v"'],
    ['args = ["-v", 1]', 'guest.args[1]: expected text, found the integer 1'],
  ])('[guest] %s', (keys, message) => {
    expect(problemOf(oneBinding('', `[guest]\n${keys}`))).toContain(message);
  });

  test.each([
    ['log = "verbose"', 'telemetry.log: expected "trace", "debug", "info", "warn" or "error"'],
    ['log_format = "Json"', 'did you mean "json"?'],
    ['http = "9464"', 'name the address too'],
    ['http = ":9464"', 'name the address too'],
    ['http = 9464', 'telemetry.http: expected an address and port'],
    ['http = "localhost:70000"', 'telemetry.http: expected an address and port'],
    ['http = "http://localhost:9464"', 'telemetry.http: expected an address and port'],
  ])('[telemetry] %s', (keys, message) => {
    expect(problemOf(oneBinding('', `[telemetry]\n${keys}`))).toContain(message);
  });

  test.each([
    ['name = "a/b"', 'name: expected 1 to 64 letters'],
    ['state_dir = ""', 'state_dir: expected text that is not empty'],
    ['state_max = 5', 'state_max: expected a size'],
    ['durability = "disk"', 'durability: expected "power" or "process"'],
    ['drain = 25', 'such as "25s"'],
    ['dead_letter_keep = "14"', 'such as "14d"'],
    ['guest = 1', 'guest: expected a table'],
  ])('top level: %s', (keys, message) => {
    expect(problemOf(oneBinding('', keys))).toContain(message);
  });

  test.each(['on_message', 'on-message', 'handle', 'on_HTTP2-request', 'acme:shop/orders@1.2.0#on-order'])(
    'on_message may be %s',
    (name) => {
      expect(bindingOf(oneBinding(`on_message = "${name}"`)).onMessage).toBe(name);
    },
  );
});

describe('unknown keys', () => {
  test.each([
    ['quos = 1', 'expected a key of a binding, found an unknown key\n  did you mean "qos"?'],
    ['clientId = "x"', 'did you mean "client_id"?'],
    ['state_dir = "x"', '"state_dir" belongs at the top level: above the first [table] of the file'],
    ['drain = "1s"', '"drain" belongs at the top level'],
    ['memory = "1MiB"', '"memory" belongs to [guest]'],
    ['log = "debug"', '"log" belongs to [telemetry]'],
    ['ca = "x"', '"ca" belongs to [capability.config.tls]: write tls.ca'],
    ['attempts = 3', '"attempts" belongs to [capability.config.retry]: write retry.attempts'],
    ['retain = true', '"retain" belongs to [capability.config.will]: write will.retain'],
    ['max = "1s"', '"max" belongs to [capability.config.retry]'],
    ['memroy = "1MiB"', 'did you mean "memory"? "memory" belongs to [guest]'],
    ['xyzzy = 1', 'its keys are name, url, qos, queue, topic,'],
    ['will = { topic = "w", text = "x" }', 'will.text: expected a key of will, found an unknown key'],
    ['retry.atempts = 3', 'did you mean "attempts"?'],
    ['constructor = 1', 'expected a key of a binding'],
    ['__proto__ = 1', 'expected a key of a binding'],
    ['"odd key" = 1', 'capability[0].config[0]."odd key": expected a key of a binding'],
  ])('in a binding: %s', (keys, message) => {
    expect(problemOf(oneBinding(keys))).toContain(message);
  });

  test.each([
    [
      'qos = 1',
      '"qos" belongs to a binding: write it below a [[capability.config]]; or "qos" belongs to [capability.config.will]',
    ],
    ['[tls]\nca = "x"', '"tls" belongs to a binding: write [capability.config.tls] below its [[capability.config]]'],
    ['[[config]]\nqos = 1', '"config" belongs to a [[capability]]: write [[capability.config]]'],
    ['stateDir = "x"', 'did you mean "state_dir"?'],
    ['[telemtry]\nlog = "info"', 'did you mean "telemetry"?'],
  ])('at the top level: %s', (keys, message) => {
    expect(problemOf(oneBinding('', keys))).toContain(message);
  });

  test('a misspelt key is not missing too', () => {
    expect(problemOf(oneBinding().replace('url', 'ulr'))).toContain('did you mean "url"?');
    expect(
      problemOf(oneBinding().replace('[[capability]]', '[[capabilty]]').replace('[[capability.', '[[capabilty.')),
    ).toContain('did you mean "capability"?');
    expect(problemOf(manyBindings(['url = "tcp://localhost"\nqueu = "a"\ngroup = "g"']))).toContain(
      'did you mean "queue"?',
    );
  });

  test('a name that landed in the last binding says where the app has its own', () => {
    const text = manyBindings(['url = "tcp://broker"\nqueue = "a"\non_stop = "keep"\n\nname = "shop"']);
    expect(problemOf(text)).toBe(
      [
        "/apps/app.toml:1: name: expected the app's name, as the group of the queue on line 5, whose broker others can reach, found nothing",
        "  the name on line 10 names that binding; the app's name stands above the first [[capability]]",
        '  without it unrelated apps would share one group: write name = "…" at the top of the file, or group = "…" beside queue',
      ].join('\n'),
    );
  });

  test('two documents pasted into one file', () => {
    const one = oneBinding();
    expect(problemsOf(one + one)).toEqual([
      expect.stringContaining(
        '/apps/app.toml:9: capability[0].config[0].specversion: expected a key of a binding, found an unknown key\n  this looks like two documents in one file: keep one specversion',
      ),
    ]);
  });
});
