import { describe, expect, test } from 'vitest';
import { bindingOf, manyBindings, parse, problemOf, problemsOf } from './fixtures.ts';

const LOCAL = 'url = "tcp://localhost"';
const REMOTE = 'url = "tcp://broker.example"';
const one = (...keys: string[]) => manyBindings([keys.join('\n')]);

describe('queue and topic', () => {
  test('exactly one', () => {
    expect(problemOf(one(LOCAL, 'queue = "a"', 'topic = "b"'))).toContain(
      '/apps/app.toml:8: capability[0].config[0].topic: expected either queue or topic, found both (queue on line 7)',
    );
  });

  test.each([
    'delivery = "push"',
    'on_message = "x"',
    'group = "g"',
    'dedup = "1m"',
    'retry.attempts = 1',
    'transactional = true',
    'timeout = "1s"',
  ])('neither, with %s', (key) => {
    expect(problemsOf(one(LOCAL, key))).toEqual([
      expect.stringContaining(
        `queue: expected queue or topic in a binding with ${key.split(/[ .]/)[0]}, found neither`,
      ),
    ]);
  });

  test('group belongs to a queue', () => {
    expect(problemOf(one(LOCAL, 'topic = "a"', 'group = "g"'))).toContain(
      'group: expected group beside queue only, found it beside topic',
    );
  });

  test.each([
    ['["a/+", "a/b"]', 1, '"a/b" beside "a/+"'],
    ['["a", "b", "a"]', 2, '"a" beside "a"'],
    ['["a/#", "a"]', 1, '"a" beside "a/#"'],
    ['["+/b", "x", "a/+"]', 2, '"a/+" beside "+/b"'],
  ])('filters that overlap: %s', (filters, index, found) => {
    for (const key of ['queue', 'topic'])
      expect(problemOf(one(LOCAL, `${key} = ${filters}`))).toContain(
        `capability[0].config[0].${key}[${index}]: expected filters that do not overlap within one binding, found ${found}`,
      );
  });

  test('filters that do not overlap, and overlaps between bindings, are fine', () => {
    expect(bindingOf(one(LOCAL, 'topic = ["a/+", "b/+", "a/b/c", "#"]'.replace(', "#"', ''))).filters).toHaveLength(3);
    expect(parse(manyBindings([`${LOCAL}\ntopic = "a"`, `${LOCAL}\ntopic = "#"`])).bindings).toHaveLength(2);
    expect(bindingOf(one(LOCAL, 'topic = ["#", "$SYS/#"]')).filters).toHaveLength(2);
  });
});

describe('publish-only', () => {
  test('alone may publish everywhere', () => {
    expect(bindingOf(one(LOCAL))).toMatchObject({ kind: 'publish-only', publish: undefined });
  });

  test('beside others must say what goes through it', () => {
    expect(problemOf(manyBindings([`${LOCAL}\ntopic = "a"`, LOCAL]))).toContain(
      '/apps/app.toml:8: capability[0].config[1].publish: expected queue, topic, or publish beside other bindings, found none of them',
    );
    expect(parse(manyBindings([`${LOCAL}\ntopic = "a"`, `${LOCAL}\npublish = "out/#"`])).bindings[1]?.publish).toEqual([
      'out/#',
    ]);
  });

  test('may grant nothing', () => {
    expect(bindingOf(one(LOCAL, 'topic = "a"', 'publish = []')).publish).toEqual([]);
  });
});

describe('a queue on a broker that others can reach', () => {
  const document = (top: string, keys = '') => manyBindings([`${REMOTE}\nqueue = "a"\n${keys}`], top);

  test('needs a name or a group', () => {
    expect(problemOf(document('state_dir = "s"'))).toMatch(/^\/apps\/app\.toml:1: name: expected the app's name/);
    expect(parse(document('state_dir = "s"\nname = "shop"')).bindings[0]?.group).toBe('shop');
    expect(parse(document('state_dir = "s"', 'group = "g"')).bindings[0]?.group).toBe('g');
    expect(parse(document('').replaceAll('broker.example', '127.0.0.7')).bindings[0]?.group).toBe('app');
    expect(parse(document('').replace('queue', 'topic')).name).toBe('app');
  });

  test('needs on_stop where state_dir is not written', () => {
    const text = (keys = '', top = '') => document(`name = "shop"\n${top}`, keys);
    expect(problemOf(text())).toContain(
      'capability[0].config[0].on_stop: expected on_stop (or state_dir at the top level) for a queue at qos 1 or 2 on a broker that others can reach, found neither',
    );
    expect(problemOf(text('qos = 2'))).toContain('on_stop: expected on_stop');
    expect(parse(text('qos = 0')).bindings).toHaveLength(1);
    expect(parse(text('on_stop = "keep"')).bindings).toHaveLength(1);
    expect(parse(text('', 'state_dir = "s"')).bindings).toHaveLength(1);
    expect(parse(text(), { stateDir: 's' }).bindings).toHaveLength(1);
  });

  test('one address that is not this machine is enough', () => {
    const text = document('').replace('"tcp://broker.example"', '["tcp://localhost", "tcp://broker.example"]');
    expect(problemsOf(text)).toHaveLength(2);
  });
});

describe('what must differ', () => {
  test('names', () => {
    expect(
      problemOf(manyBindings([`${LOCAL}\ntopic = "a"\nname = "x"`, `${LOCAL}\ntopic = "b"\nname = "x"`])),
    ).toContain(
      'capability[0].config[1].name: expected a different name for each binding, found "x", which is also on line 8',
    );
  });

  const pair = (first: string, second: string, urls = [LOCAL, 'url = "tcp://127.0.0.1:1883"']) =>
    manyBindings([
      `${urls[0]}\ntopic = "a"\nclient_id = "${first}"`,
      `${urls[1]}\ntopic = "b"\nclient_id = "${second}"`,
    ]);

  test('client ids on one broker', () => {
    expect(problemOf(pair('x', 'x'))).toContain(
      'config[1].client_id: expected a different client_id for each binding on one broker, found "x", which the binding on line 5 has',
    );
    expect(problemOf(pair('x', 'x-pub'))).toContain('config[1].client_id: ');
    expect(problemOf(pair('x-pub', 'x'))).toContain('found "x-pub", which the publisher of the binding on line 9 has');
    expect(parse(pair('x', 'y')).bindings).toHaveLength(2);
    expect(parse(pair('x', 'x', [LOCAL, REMOTE])).bindings).toHaveLength(2);
  });
});

describe('two queues of one app', () => {
  const pair = (first: string, second: string, urls = [LOCAL, 'url = "tcp://127.0.0.1:1883"']) =>
    manyBindings([`${urls[0]}\nqueue = ${first}`, `${urls[1]}\nqueue = ${second}`]);

  test('are not one group of one filter, where either would get a message', () => {
    expect(problemOf(pair('"a"', '["b", "a"]'))).toContain(
      'config[1].group: expected another group than the queue on line 5 has, whose "a" is here too, found "app" for both',
    );
    expect(problemOf(pair('"a"\ngroup = "g"', '"a"\ngroup = "g"'))).toContain('found "g" for both');
  });

  test.each([
    ['a group of their own', '"a"', '"a"\ngroup = "g"'],
    ['filters that overlap', '"a/+"', '"a/b"'],
    ['a fan-out beside a queue', '"a"', '"b"\n[[capability.config]]\nurl = "tcp://localhost"\ntopic = "a"'],
  ])('may have %s', (_name, first, second) => {
    expect(parse(pair(first, second)).bindings.length).toBeGreaterThan(1);
  });

  test('may be the same at different brokers', () => {
    expect(parse(pair('"a"', '"a"', [LOCAL, 'url = "tcp://localhost:1884"'])).bindings).toHaveLength(2);
  });
});

describe('dead_letter', () => {
  const pair = (url: string) =>
    manyBindings([`${LOCAL}\ntopic = "a"\ndead_letter = "dead/x"`, `${url}\ntopic = ["b", "dead/+"]`]);

  test('is no topic that the app subscribes to on that broker', () => {
    expect(problemOf(pair('url = "tcp://127.0.0.1"'))).toContain(
      'config[0].dead_letter: expected a topic that this app does not subscribe to, found "dead/x", which "dead/+" of the binding on line 9 matches',
    );
    expect(problemOf(one(LOCAL, 'topic = "#"', 'dead_letter = "x"'))).toContain(
      'which "#" of the binding on line 5 matches',
    );
    expect(parse(pair(REMOTE)).bindings).toHaveLength(2);
  });
});

describe('qos 0', () => {
  test('has no transaction and no session', () => {
    expect(problemsOf(one(LOCAL, 'topic = "a"', 'qos = 0', 'transactional = true', 'session_expiry = "1h"'))).toEqual([
      expect.stringContaining('transactional: expected qos 1 or 2 beside transactional, found qos 0'),
      expect.stringContaining('session_expiry: expected qos 1 or 2 beside session_expiry, found qos 0'),
    ]);
  });
});

test('retry.initial is no longer than retry.max', () => {
  expect(problemOf(one(LOCAL, 'topic = "a"', 'retry = { initial = "1m", max = "1s" }'))).toContain(
    'retry.initial: expected retry.initial no longer than retry.max, found 60000ms and 1000ms',
  );
  expect(problemOf(one(LOCAL, 'topic = "a"', 'retry.max = "100ms"'))).toContain(
    'retry.max: expected retry.initial no longer',
  );
});

test('a broken value brings up no rule that rests on it', () => {
  expect(problemsOf(manyBindings([`${REMOTE}\nqueue = "a"\nqos = 7\nsession_expiry = "1h"`], 'name = "x"'))).toEqual([
    expect.stringContaining('qos: expected 0, 1 or 2'),
  ]);
});
