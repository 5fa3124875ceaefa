import { parse } from '@iarna/toml';
import { describe, expect, test } from 'vitest';
import { formatPath } from '../../src/config/paths.ts';
import { scanLines } from '../../src/config/scanner.ts';

const linesOf = (text: string) => Object.fromEntries(scanLines(text).lines);

/** Every key path of a parsed document, list elements too. */
function pathsOf(value: unknown, path: (string | number)[] = []): string[] {
  const here = path.length === 0 ? [] : [formatPath(path)];
  if (Array.isArray(value)) return [...here, ...value.flatMap((element, index) => pathsOf(element, [...path, index]))];
  if (typeof value !== 'object' || value === null || value instanceof Date) return here;
  return [...here, ...Object.entries(value).flatMap(([key, element]) => pathsOf(element, [...path, key]))];
}

describe('scanLines', () => {
  test('keys, tables, and comments and blank lines between them', () => {
    expect(linesOf('# a comment\na = 1 # = 2\n\n[t]\n  b = "x"\n\n[u.v]\nc = true')).toEqual({
      a: 2,
      t: 4,
      't.b': 5,
      u: 7,
      'u.v': 7,
      'u.v.c': 8,
    });
  });

  test('lists of tables, nested and repeated', () => {
    const text = '[[c]]\nn = 1\n[[c.d]]\nx = 1\n[[c.d]]\nx = 2\n[c.d.e]\ny = 3\n[[c]]\n[[c.d]]\nx = 4\n';
    expect(linesOf(text)).toMatchObject({
      'c[0]': 1,
      'c[0].n': 2,
      'c[0].d[0]': 3,
      'c[0].d[0].x': 4,
      'c[0].d[1]': 5,
      'c[0].d[1].x': 6,
      'c[0].d[1].e': 7,
      'c[0].d[1].e.y': 8,
      'c[1]': 9,
      'c[1].d[0]': 10,
      'c[1].d[0].x': 11,
    });
  });

  test('dotted keys, with blanks around the dots', () => {
    expect(linesOf('[t]\na . b.c = 1\na.d = 2')).toEqual({ t: 1, 't.a': 2, 't.a.b': 2, 't.a.b.c': 2, 't.a.d': 3 });
  });

  test('quoted keys', () => {
    const text = '"a.b" = 1\n\'c d\' = 2\n["x\\ty"."\\u00e9"]\n"" = 3\n"q\\"q" = 4\n"\\U0001F600" = 5';
    expect(linesOf(text)).toEqual({
      '"a.b"': 1,
      '"c d"': 2,
      '"x\\ty"': 3,
      '"x\\ty"."é"': 3,
      '"x\\ty"."é".""': 4,
      '"x\\ty"."é"."q\\"q"': 5,
      '"x\\ty"."é"."😀"': 6,
    });
  });

  test('inline tables, nested, with strings that look like syntax', () => {
    expect(linesOf('t = { a = "}, b = 1", c.d = [ { e = 1 }, { e = 2 } ], f = {} }\ng = 1')).toEqual({
      t: 1,
      't.a': 1,
      't.c': 1,
      't.c.d': 1,
      't.c.d[0]': 1,
      't.c.d[0].e': 1,
      't.c.d[1]': 1,
      't.c.d[1].e': 1,
      't.f': 1,
      g: 2,
    });
  });

  test('lists over several lines, with comments and trailing commas', () => {
    expect(linesOf('l = [\n  "a", # ]\n  # "b",\n  [1,\n   2],\n]\nm = 1')).toEqual({
      l: 1,
      'l[0]': 2,
      'l[1]': 4,
      'l[1][0]': 4,
      'l[1][1]': 5,
      m: 7,
    });
  });

  test('multi-line strings of both kinds, with what looks like keys in them', () => {
    const text = [
      'a = """',
      'x = 1',
      '[t]',
      'escaped \\""" still',
      'two quotes "" inside"""',
      "b = '''",
      "it's \\'''",
      'c = """ends in a quote""""',
      'd = """"""',
      "e = ''''quoted''''",
      'f = 1',
    ].join('\n');
    expect(linesOf(text)).toEqual({ a: 1, b: 6, c: 8, d: 9, e: 10, f: 11 });
    expect(pathsOf(parse(text))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('a quote before the closing quotes belongs to the text, in a list too', () => {
    const text = 'l = [\n"""a"""",\n"""b""""",\n"c"]\nm = 1';
    expect(parse(text).l).toEqual(['a"', 'b""', 'c']);
    expect(linesOf(text)).toEqual({ l: 1, 'l[0]': 2, 'l[1]': 3, 'l[2]': 4, m: 5 });
  });

  test('strings with quotes, backslashes and hashes', () => {
    expect(linesOf('a = "\\\\" # "\nb = \'\\\'\nc = "# = \'"\nd = "\\" ]"\ne = 1')).toEqual({
      a: 1,
      b: 2,
      c: 3,
      d: 4,
      e: 5,
    });
  });

  test('Windows line ends and tabs', () => {
    expect(
      linesOf('a = 1\r\n[t]\r\n\tb = [\r\n\t1\r\n]\r\n[[l]]\r\nc = """\r\n"""\r\nd = 1979-05-27 07:32:00\r\n'),
    ).toEqual({
      a: 1,
      t: 2,
      't.b': 3,
      't.b[0]': 4,
      l: 6,
      'l[0]': 6,
      'l[0].c': 7,
      'l[0].d': 9,
    });
  });

  test('dates, numbers and booleans without quotes', () => {
    expect(linesOf('a = 1979-05-27 07:32:00Z\nb = -1_000.5e3\nc=true\nd = [0x1f, inf]\n')).toEqual({
      a: 1,
      b: 2,
      c: 3,
      d: 4,
      'd[0]': 4,
      'd[1]': 4,
    });
  });

  test('the explicit header of a table outranks one that implied it', () => {
    expect(linesOf('[a.b]\nx = 1\n[a]\ny = 2')).toEqual({ a: 3, 'a.b': 1, 'a.b.x': 2, 'a.y': 4 });
  });

  test('finds exactly the paths that the parser finds', () => {
    const text = `
      title = "x" # c
      [owner] # o
      name = 'T'
      address.city."zip code" = 1
      [[p]]
      l = [[1, 2], ["a", { b = { c = 1 } }]]
      [p.sub.deep]
      t = { 'k k' = "v", n = [] }
      [[p.sub.list]]
      [[p.sub.list]]
      z = """
      [no]
      no = 1 \\
      """
      [[p]]
      l = []
      ["quoted.table"]
      3.14 = "dotted"
    `;
    const scanned = [...scanLines(text).lines.keys()].sort();
    expect(scanned).toEqual([...new Set(pathsOf(parse(text)))].sort());
  });

  test('reports a key that is written twice', () => {
    expect(scanLines('a = 1\n[t]\nb = 1\nc = 2\nb = 3').repeated).toEqual([{ path: 't.b', first: 3, again: 5 }]);
    expect(scanLines('[[t]]\nb = 1\n[[t]]\nb = 1').repeated).toEqual([]);
  });

  test.each([
    '',
    '=',
    '[',
    '[[',
    'a',
    'a =',
    'a = [',
    'a = [1 2',
    'a = {',
    'a = { b',
    'a = {,}',
    'a = "',
    'a = "\\',
    'a = """',
    'a = "\\u12',
    'a = "\\U99999999"',
    '"',
    "'",
    '[a',
    '[a]]]',
    'a = ]\nb',
    '{}',
    '\\',
    'a.=1',
    '...\r\r\r',
    'a = [}',
    'a = [,]',
  ])('ends on text that is no TOML: %j', (text) => {
    expect(() => scanLines(`ok = 1\n${text}`)).not.toThrow();
    expect(scanLines(`ok = 1\n${text}`).lines.get('ok')).toBe(1);
  });
});
