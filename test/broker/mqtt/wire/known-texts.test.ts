import { describe, expect, it } from 'vitest';
import { KnownTexts } from '../../../../src/broker/mqtt/wire/known-texts.ts';

const texts = new KnownTexts();

function find(text: string | Uint8Array, known = texts): string | undefined {
  const bytes = Buffer.concat([Buffer.from('<'), Buffer.from(text), Buffer.from('>')]);
  return known.find(bytes, 1, bytes.length - 1);
}

describe('texts that came before', () => {
  it('are known from the second time on that they come', () => {
    expect([find('a/b'), find('a/b'), find('a/b')]).toEqual([undefined, 'a/b', 'a/b']);
  });

  it('are told from every other, whatever place they have', () => {
    const known = new KnownTexts();
    const all = Array.from({ length: 5_000 }, (_, index) => `topic/${index}`);
    for (let round = 0; round < 3; round++)
      for (const text of all) expect([undefined, text]).toContain(find(text, known));
    expect(find('topic/7', known) ?? find('topic/7', known)).toBe('topic/7');
  });

  it('are not forgotten for what comes once', () => {
    const known = new KnownTexts();
    for (let id = 0; id < 2; id++) find('com.example.type', known);
    for (let id = 0; id < 20_000; id++) find(`id-${id}`, known);
    expect(find('com.example.type', known)).toBe('com.example.type');
  });

  it.each([
    ['empty', ''],
    ['long', 'x'.repeat(65)],
    ['not ASCII', 'grüße'],
    ['not UTF-8', Uint8Array.of(0xff, 0xfe)],
  ])('are not kept where they are %s', (_what, text) => {
    expect([find(text), find(text), find(text)]).toEqual([undefined, undefined, undefined]);
  });
});
