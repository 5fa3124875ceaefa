import { describe, expect, it, test } from 'vitest';
import { heldText, isEmpty, ownerText } from '../../host/held.ts';
import { printableLine, printableText } from '../../host/printable.ts';
import { table } from '../../host/table.ts';
import { listed, numbered, sizeText } from '../../host/words.ts';
import { counted } from '../../src/words.ts';
import { bytes } from './samples.ts';

describe('a table', () => {
  const rows = [
    ['7', 'orders', 'a long error'],
    ['12', 'b0', 'short'],
  ];

  it('has columns as wide as what stands in them, and nothing at the end of a line', () => {
    expect(table(['ID', 'BINDING', 'ERROR'], rows)).toEqual([
      'ID  BINDING  ERROR',
      '7   orders   a long error',
      '12  b0       short',
    ]);
  });

  it('is cut to the width of the terminal', () => {
    expect(table(['ID', 'BINDING', 'ERROR'], rows, 20)).toEqual([
      'ID  BINDING  ERROR',
      '7   orders   a long…',
      '12  b0       short',
    ]);
  });

  it('has one line for each row, whatever is in it, and cuts no character in half', () => {
    expect(table(['A', 'B'], [['x\ny\u001b[1m', '🙂🙂🙂']], 20)).toEqual([
      'A              B',
      'x\\ny\\u{1b}[1m  🙂🙂🙂',
    ]);
    expect(table(['A'], [['🙂🙂🙂']], 2)).toEqual(['A', '🙂…']);
  });
});

describe('printable', () => {
  it('escapes line feeds too where one line is wanted', () => {
    expect(printableLine('a\nb\tc')).toBe('a\\nb\\u{9}c');
  });

  test.each([
    ['UTF-8 with line feeds and tabs', bytes('größer\n\t日本'), 'größer\n\t日本'],
    ['nothing', new Uint8Array(), ''],
    ['bytes that are not UTF-8', new Uint8Array([0x61, 0xff]), undefined],
    ['a surrogate half in UTF-8', new Uint8Array([0xed, 0xa0, 0x80]), undefined],
    ['an escape sequence', bytes('a\u001b[2J'), undefined],
    ['a carriage return', bytes('a\rb'), undefined],
    ['a NUL', bytes('a\0'), undefined],
    ['a bidi override', bytes('a\u202eb'), undefined],
    ['a byte order mark, which would not be seen', bytes('\ufeffa'), undefined],
  ])('%s: text or not', (_, data, expected) => {
    expect(printableText(data)).toBe(expected);
  });
});

describe('words', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [1_288_490, '1.23 MiB'],
    [2 ** 30, '1 GiB'],
  ])('%d bytes are %s', (size, expected) => {
    expect(sizeText(size)).toBe(expected);
  });

  it('list and count', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => listed(words))).toEqual([
      '',
      'a',
      'a or b',
      'a, b or c',
    ]);
    expect([counted(1, 'byte'), counted(2, 'byte')]).toEqual(['1 byte', '2 bytes']);
    expect(numbered('dead letter', [7])).toBe('dead letter 7');
    expect(numbered('dead letter', [7, 8, 9])).toBe('dead letters 7, 8 and 9');
    expect(numbered('dead letter', [1, 2, 3, 4], 2)).toBe('dead letters 1, 2 and 2 more');
  });
});

describe('what is held', () => {
  const binding = {
    kind: 'binding',
    name: 'b0',
    spilled: 0,
    markers: 0,
    attempts: 0,
    handled: 0,
    deadLetters: 0,
  } as const;
  const publisher = { kind: 'publisher', name: 'x-pub', broker: 'tcp://a:1', key: 'k', unsent: 0, parked: 0 } as const;

  it('is said in words, without what there is none of', () => {
    expect([heldText(binding), heldText(publisher)]).toEqual(['nothing', 'nothing']);
    expect(heldText({ ...binding, spilled: 1, deadLetters: 2, markers: 1, attempts: 1, handled: 3 })).toBe(
      '1 spilled message (not handled yet), 2 dead letters, 1 marker (handled, PUBREL not seen yet), the failed attempts of 1 message and 3 handled ids (dedup)',
    );
    expect(heldText({ ...publisher, unsent: 1 })).toBe('1 unsent publish');
    expect(heldText({ ...publisher, unsent: 2, parked: 3 })).toBe('2 unsent publishes and 3 parked publishes');
    expect([ownerText(binding), ownerText(publisher)]).toEqual([
      'binding "b0"',
      'publisher session "x-pub" at tcp://a:1',
    ]);
  });

  it('is empty only where there is none of anything', () => {
    expect(isEmpty(binding) && isEmpty(publisher)).toBe(true);
    for (const key of ['spilled', 'markers', 'attempts', 'handled', 'deadLetters']) {
      expect(isEmpty({ ...binding, [key]: 1 })).toBe(false);
    }
    for (const key of ['unsent', 'parked']) expect(isEmpty({ ...publisher, [key]: 1 })).toBe(false);
  });
});
