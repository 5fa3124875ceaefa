import { describe, expect, test } from 'vitest';
import { parse, problemOf, problemsOf, SPEC } from './fixtures.ts';

const CONFIG = '[[capability.config]]\nurl = "tcp://localhost"\ntopic = "a"\n';

describe('specversion', () => {
  const rest = `[[capability]]\nname = "pubsub.mqtt"\n${CONFIG}`;
  test.each([
    [
      '',
      '/apps/app.toml:1: specversion: expected specversion = "0.2", found nothing\n  write it as the first line of the file',
    ],
    ['specversion = "0.3"\n', 'specversion: expected "0.2", the format of this configuration, found "0.3"'],
    ['specversion = 0.2\n', 'found the number 0.2\n  write it in quotes'],
  ])('%j', (line, message) => {
    expect(problemOf(line + rest)).toContain(message);
  });
});

describe('capability', () => {
  test.each([
    ['', 'capability: expected at least one [[capability]], found none'],
    ['capability = []', 'expected at least one [[capability]], found none'],
    [
      'capability = "pubsub.mqtt"',
      'tables that start with [[capability]], found "pubsub.mqtt"\n  write [[capability]] above its keys',
    ],
    ['[capability]\nname = "pubsub.mqtt"', 'found a table\n  write [[capability]] in double brackets'],
    [
      '[[capability]]\nname = "pubsub.mqtt"',
      'capability[0].config: expected at least one [[capability.config]], found none',
    ],
    [
      '[[capability]]\nname = "pubsub.mqtt"\n[capability.config]\nurl = "tcp://localhost"',
      'capability[0].config: expected tables that start with [[capability.config]], found a table\n  write [[capability.config]] in double brackets',
    ],
    [
      `[[capability]]\nname = "pubsub.mqtt"\nurl = "tcp://localhost"\n${CONFIG}`,
      '/apps/app.toml:4: capability[0].url: expected a key of a [[capability]], found an unknown key\n  "url" belongs to a binding: write it below a [[capability.config]]',
    ],
    [
      `[[capability]]\n${CONFIG}`,
      'capability[0].name: expected the capability\'s name: "pubsub.mqtt", found nothing\n  write name = "pubsub.mqtt" below [[capability]]',
    ],
    [
      `[[capability]]\n${CONFIG}name = "pubsub.mqtt"\n`,
      'the name on line 6 names a binding: move it above [[capability.config]]',
    ],
    [
      `[[capability]]\nname = "pubsub.kafka"\n${CONFIG}`,
      '/apps/app.toml:3: capability[0].name: expected a capability that this host provides: "pubsub.mqtt", found "pubsub.kafka"',
    ],
    [`[[capability]]\nname = "mqtt"\n${CONFIG}`, 'found "mqtt"'],
    [`[[capability]]\nname = 1\n${CONFIG}`, 'capability[0].name: expected text, found the integer 1'],
  ])('%j', (text, message) => {
    expect(problemOf(SPEC + text)).toContain(message);
  });

  test('the empty document', () => {
    expect(problemsOf('')).toEqual([
      expect.stringContaining('app.toml:1: specversion: '),
      expect.stringContaining('app.toml:1: capability: '),
    ]);
  });
});

describe('drivers of the library', () => {
  const drivers = [{ name: 'bus', schemes: ['bus'], keepsQos2: false }];
  const text = (keys: string) => `${SPEC}[[capability]]\nname = "pubsub.bus"\n[[capability.config]]\n${keys}\n`;

  test('come beside MQTT, with schemes of their own', () => {
    const { bindings } = parse(
      `${text('url = "bus://h:1"\ntopic = "a"')}[[capability]]\nname = "pubsub.mqtt"\n${CONFIG}`,
      { drivers },
    );
    expect(bindings.map(({ driver }) => driver)).toEqual(['bus', 'mqtt']);
  });

  test('have urls of their own kind', () => {
    const drivers = [{ name: 'bus', schemes: ['bus'], keepsQos2: true }];
    const [binding] = parse(text('url = "bus://ada:secret@Depot/line?fast=1#2"\ntopic = "a"'), { drivers }).bindings;
    expect(binding?.connection).toMatchObject({ username: 'ada', password: 'secret' });
    expect(binding?.connection.addresses).toEqual([
      { protocol: 'other', host: 'Depot', port: 0, path: '/line?fast=1#2', display: 'bus://Depot/line?fast=1#2' },
    ]);
    expect(problemOf(text('topic = "a"'), { drivers })).toContain('write url = "bus://localhost"');
    expect(problemOf(text('url = "bus://"\ntopic = "a"'), { drivers })).toContain('such as "bus://localhost"');
  });

  test('are not taken for the MQTT broker at the same address', () => {
    const both = `${text('url = "bus://localhost:1883"\ntopic = "a"\ndead_letter = "b"\nclient_id = "x"')}
[[capability]]\nname = "pubsub.mqtt"\n[[capability.config]]\nurl = "tcp://localhost:1883"\ntopic = "b"\nclient_id = "x"\n`;
    expect(parse(both, { drivers }).bindings).toHaveLength(2);
  });

  test('are listed where a capability is not provided', () => {
    const problem = problemOf(`${SPEC}[[capability]]\nname = "x"\n${CONFIG}`, { drivers });
    expect(problem).toContain('"pubsub.mqtt" or "pubsub.bus", found "x"');
  });

  test('refuse the schemes of others, and qos 2 where they do not keep it', () => {
    expect(problemsOf(text('url = "tcp://h"\ntopic = "a"\nqos = 2'), { drivers })).toEqual([
      expect.stringContaining('url: expected a url that starts with bus://, found "tcp://h"'),
      expect.stringContaining('qos: expected 0 or 1 (pubsub.bus does not keep qos 2), found the integer 2'),
    ]);
  });
});
