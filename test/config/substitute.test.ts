// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what the configuration fills in
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/index.ts';
import { tempDirectory } from '../support/temp.ts';
import { bindingOf, oneBinding, parse, problemOf, problemsOf } from './fixtures.ts';

const withWill = (payload: string) => oneBinding(`will.topic = "w"\nwill.payload = ${payload}`);
const payloadOf = (payload: string, env: Record<string, string> = {}) =>
  bindingOf(withWill(payload), { env }).connection.will?.payload;

describe('${env:…} and ${file:…}', () => {
  test.each([
    ['"${env:A}"', 'one'],
    ['"<${env:A}|${env:B}>"', '<one|two>'],
    ['"${env:A:-x}"', 'one'],
    ['"${env:NONE:-a default: with ${}"', 'a default: with ${'],
    ['"${env:EMPTY:-x}"', 'x'],
    ['"${env:EMPTY}"', ''],
    ['"${env:NONE:-}"', ''],
    ['"$${env:A}"', '${env:A}'],
    ['"$${ and ${env:A}"', '${ and one'],
    ['"$ {env:A} $5 $$"', '$ {env:A} $5 $$'],
    ['"${env:NESTED}"', '${env:A}'],
    ["'${env:A}'", 'one'],
  ])('%s', (payload, filled) => {
    expect(payloadOf(payload, { A: 'one', B: 'two', EMPTY: '', NESTED: '${env:A}' })).toBe(filled);
  });

  test('fills in strings in lists and tables, and leaves keys alone', () => {
    const text = oneBinding(
      'publish = ["a", "${env:A}/x"]',
      '[guest]\nenv = { "${env:A}" = "${env:A}" }\nargs = ["${env:A}"]',
    );
    const { bindings, guest } = parse(text, { env: { A: 'one' } });
    expect(bindings[0]?.publish).toEqual(['a', 'one/x']);
    expect({ ...guest.env }).toEqual({ '${env:A}': 'one' });
    expect(guest.args).toEqual(['one']);
  });

  test('a string that is exactly one ${env:…} is read as the type of its key', () => {
    const env = {
      QOS: '2',
      P: '3.1.1',
      FIVE: '5',
      T: 'false',
      D: '5s',
      PW: '1234',
      L: '["x", "y/+"]',
      J: '0.5',
      N: '77',
    };
    const text = oneBinding(
      'qos = "${env:QOS}"\nprotocol = "${env:P}"\ntransactional = "${env:T}"\ntimeout = "${env:D}"\nusername = "u"\npassword = "${env:PW}"\npublish = "${env:L}"\nretry.jitter = "${env:J}"\nmax_in_flight = "${env:NONE:-77}"',
    );
    expect(bindingOf(text, { env })).toMatchObject({
      qos: 2,
      transactional: false,
      timeout: 5000,
      retry: { jitter: 0.5 },
      maxInFlight: 77,
      connection: { protocol: 4, password: '1234' },
    });
    expect(bindingOf(oneBinding('protocol = "${env:FIVE}"'), { env }).connection.protocol).toBe(5);
    const args = parse(oneBinding('', '[guest]\nargs = "${env:L}"'), { env }).guest.args;
    expect(args).toEqual(['x', 'y/+']);
  });

  test('with anything beside it, it stays text', () => {
    expect(problemOf(oneBinding('qos = "${env:Q} "'), { env: { Q: '1' } })).toContain(
      'expected 0, 1 or 2, found "1 " (from ${env:Q})',
    );
  });

  test('a value of the wrong type names the variable', () => {
    expect(problemOf(oneBinding('qos = "${env:Q}"'), { env: { Q: 'five' } })).toBe(
      '/apps/app.toml:8: capability[0].config[0].qos: expected 0, 1 or 2, found "five" (from ${env:Q})',
    );
  });

  test('unset is an error, and the only one of its key', () => {
    expect(problemOf(oneBinding('qos = "${env:Q}"'))).toBe(
      '/apps/app.toml:8: capability[0].config[0].qos: expected the environment variable Q to be set, found it unset\n  set Q, or give a default: ${env:Q:-…}',
    );
  });

  test.each(['"${foo}"', '"${env:}"', '"${env:A B}"', '"${env:1}"', '"${file:}"', '"${}"', '"${env:A"'])(
    '%s is refused',
    (payload) => {
      expect(problemOf(withWill(payload), { env: { A: 'x' } })).toContain(
        'expected ${env:NAME}, ${env:NAME:-default} or ${file:PATH}',
      );
    },
  );

  test('a file is relative to the TOML file, and loses its last newline', () => {
    const folder = tempDirectory('config');
    writeFileSync(join(folder, 'one'), 'first\n\n');
    writeFileSync(join(folder, 'dos'), 'first\r\n');
    writeFileSync(join(folder, 'bare'), 'first');
    const payload = (file: string) =>
      parseConfig(withWill(`"<\${file:${file}}>"`), join(folder, 'app.toml')).bindings[0]?.connection.will?.payload;
    expect(payload('one')).toBe('<first\n>');
    expect(payload('dos')).toBe('<first>');
    expect(payload(join(folder, 'bare'))).toBe('<first>');
  });

  test('a file that is not there is an error, and never typed', () => {
    expect(problemOf(withWill('"${file:secrets/x}"'))).toContain(
      'capability[0].config[0].will.payload: expected a readable file at /apps/secrets/x, found ENOENT',
    );
    const folder = tempDirectory('config');
    writeFileSync(join(folder, 'qos'), '1');
    const text = oneBinding('qos = "${file:qos}"').replaceAll('${file:', `\${file:${folder}/`);
    expect(problemsOf(text)).toEqual([
      expect.stringContaining(`expected 0, 1 or 2, found text (from \${file:${folder}/qos})`),
    ]);
  });

  test('origins say what a value came through', () => {
    const { origins } = parse(oneBinding('username = "u-${env:A}-${env:B:-x}"\npassword = "${env:A}"'), {
      env: { A: 'a' },
    });
    expect(origins.get('capability[0].config[0].username')).toEqual({
      from: 'file',
      line: 8,
      through: ['env:A', 'env:B'],
    });
    expect(origins.get('capability[0].config[0].password')).toEqual({ from: 'file', line: 9, through: ['env:A'] });
  });
});
