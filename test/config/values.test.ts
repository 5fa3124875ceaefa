import { describe, expect, test } from 'vitest';
import { bindingOf, oneBinding, problemOf } from './fixtures.ts';

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
    ['on_message = "2nd_order"', 'the name of a function'],
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
    ['instances = 0', 'guest.instances: expected a whole number from 1 to 256'],
    ['instances = 257', 'guest.instances: expected a whole number from 1 to 256'],
    ['workers = 0', 'guest.workers: expected a whole number from 1 to 64'],
    ['workers = 65', 'guest.workers: expected a whole number from 1 to 64'],
    ['instances = 2\nworkers = 3', 'guest.workers: expected at most as many workers as instances: 2, found 3'],
    ['instances = 2\nworkers = 3', 'write instances = 3 or more, or fewer workers'],
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

  test.each([
    'on_message',
    'on-message',
    'handle',
    'on_HTTP2-request',
    'on_2nd-order',
    'acme:shop/orders@1.2.0#on-order',
  ])('on_message may be %s', (name) => {
    expect(bindingOf(oneBinding(`on_message = "${name}"`)).onMessage).toBe(name);
  });
});
