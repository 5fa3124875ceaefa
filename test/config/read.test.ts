import { describe, expect, test } from 'vitest';
import { manyBindings, oneBinding, problemOf, problemsOf } from './fixtures.ts';

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
