import { describe, expect, test } from 'vitest';
import { parseToml } from '../../src/config/toml.ts';
import { HostError } from '../../src/errors.ts';

function faultOf(text: string): string {
  try {
    parseToml(text, 'app.toml');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(HostError);
    expect(thrown).toMatchObject({ code: 'ERR_CONFIG_SYNTAX' });
    return (thrown as HostError).message;
  }
  throw new Error('the text was accepted');
}

const UNQUOTED = 'expected a number, true, false, or text in double quotes, found text without quotes';
const VALUE = 'expected a value (text in double quotes, a number, true, false, a date, a list or a table)';

describe('parseToml', () => {
  test.each([
    ['x = 1\nurl = tcp://localhost\n', `2:7: ${UNQUOTED}\n  write url = "…"`],
    ['timeout = 30s # half a minute', `1:11: ${UNQUOTED}\n  write timeout = "…"`],
    ['i = “x”', `1:5: ${UNQUOTED}\n  write i = "…"`],
    ['a = 01', `1:5: ${UNQUOTED}\n  write a = "…"`],
    ['x = tru\n', `1:5: ${UNQUOTED}\n  write x = "…"`],
    ['tls.insecure = True', '1:16: expected true or false in small letters, found "True"'],
    ['a =\nb = 1', '1:4: expected a value after "=", found the end of the line'],
    ['a = # none\n', '1:5: expected a value after "=", found the end of the line'],
    ['t = { a = foo }', `1:12: ${VALUE}, found more text\n  text is written in double quotes`],
    ['l = [ "a", b ]', `1:12: ${VALUE}, found more text\n  text is written in double quotes`],
    ['x = 1\nqos 1\n', '2:5: expected "=" and a value after the key, found more text\n  write it as key = value'],
    ['key', '1:4: expected "=" and a value after the key, found the end of the file\n  write it as key = value'],
    ['= 1', '1:1: expected a key, a [table] or a comment, found "="'],
    ['x = 1\n\nqueue = "a\ny = 2', '3:11: expected the closing quote of the text, found the end of the line'],
    ['x = """abc', '1:11: expected the closing quotes of the text, three of them, found the end of the file'],
    [
      'a = 1\nb = "x", "y"\n',
      '2:8: expected the end of the line after the value, found ","\n  each key stands on a line of its own; several values are a list: ["a", "b"]',
    ],
    ['a = [1,\n2', '2:2: expected "," or a closing bracket, found the end of the file'],
    ['a = 1\nt = {a = 1,}', '2:12: expected no comma without a value in an inline table, found "}"'],
    ['[[capability]\nname = "x"', "1:14: expected a table's name and its closing brackets, found the end of the line"],
    ['[x', "1:3: expected a table's name and its closing brackets, found the end of the file"],
    ['a = 1\nd = 2024-13-45', '2:5: expected a date that exists, found one that does not'],
    [
      '[a]\n[a]\n',
      '2:1: expected each table to be defined once, found it again\n  a list of tables is written [[name]] every time, a single table [name] once',
    ],
    ['a = 1\n\na = 2\n', '3:1: expected each key once, found a again (first on line 1)\n  delete one of the two'],
  ])('%j', (text, message) => {
    expect(faultOf(text)).toBe(`app.toml:${message}`);
  });

  test('a name that lands in the table above it says whose name it is', () => {
    const text = '[[capability]]\nname = "pubsub.mqtt"\nname = "app"\n';
    expect(faultOf(text)).toBe(
      "app.toml:3:1: expected each key once, found capability[0].name again (first on line 2)\n  a key belongs to the last [table] above it, so this is capability[0].name; the app's own name stands above the first [[capability]]",
    );
  });

  test('a second specversion at the top says that there are two documents', () => {
    expect(faultOf('specversion = "0.2"\nspecversion = "0.2"\n')).toContain('two documents in one file');
  });

  test.each([
    'password = "s3cr3t\n',
    'password = "s3cr3t"x\n',
    'password = s3cr3t\n',
    'password = "s3cr3t\\w"\n',
    'password = "s3cr3t" "more"\n',
    'password = {a = s3cr3t}\n',
    'password = ["s3cr3t" s3cr3t]\n',
  ])('shows no value: %j', (text) => {
    expect(faultOf(text)).not.toMatch(/s3cr3t|x"|more"/);
  });

  test('keys that are also members of every object are keys like others', () => {
    expect(Object.keys(parseToml('__proto__ = 1\nconstructor = 2\n', 'f'))).toEqual(['__proto__', 'constructor']);
  });
});
