import { expect, test } from 'vitest';
import { printable } from '../../host/printable.ts';

test.each([
  ['an escape sequence', 'a\x1b[31mb', 'a\\u{1b}[31mb'],
  ['a carriage return', 'a\rb', 'a\\u{d}b'],
  ['a C1 control character', 'a\x9bb', 'a\\u{9b}b'],
  ['a bidi override', 'a\u202eb', 'a\\u{202e}b'],
  ['a bidi isolate', 'a\u2066b', 'a\\u{2066}b'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
])('%s is escaped', (_, text, expected) => {
  expect(printable(text)).toBe(expected);
});

test('line feeds and text of any script stay', () => {
  const text = 'two lines:\n  größer, 日本, שלום, 🙂';
  expect(printable(text)).toBe(text);
});
