import { describe, expect, it } from 'vitest';
import { mendedMemory, mendMemory } from '../../../src/component/mend/memory.ts';
import { generated, instantiate, outcome } from '../support/generated.ts';
import { component } from '../support/guests.ts';

/** Returns what it is handed, from memory that grows by a page with each allocation, or lies outside of it (`bad`). */
function echo(
  at = '(i32.mul (memory.grow (i32.const 1)) (i32.const 65536))',
  from = '(local.get 0)',
): Promise<Uint8Array> {
  const wat = `(module (memory (export "memory") 1)
    (func $back (param i32 i32) (result i32)
      (i32.store (i32.const 16) ${from}) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
    (export "text" (func $back)) (export "bytes" (func $back))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${at}))`;
  const world = `export text: func(s: string) -> string;
    export bytes: func(b: list<u8>) -> list<u8>;`;
  return component(wat, world);
}

interface Echo {
  text(text: unknown): string;
  bytes(bytes: unknown): Uint8Array;
}

async function mended(guest: Promise<Uint8Array>): Promise<Echo> {
  const { code, cores } = await generated(guest);
  return (await instantiate({ code: mendMemory(code), cores })) as unknown as Echo;
}

describe('generated code that writes memory', () => {
  it('is as it was when the changes to it were written', async () => {
    const { code } = await generated(echo());
    const once = mendMemory(code);
    expect(mendedMemory(once)).toEqual({ written: 1, read: 1, texts: 1 });
    expect(mendMemory(once)).toBe(once);
  });

  it('is left alone where it is not known', () => {
    expect(mendMemory('export function instantiate() {}')).toBe('export function instantiate() {}');
  });

  it.each(['', 'a', 'x'.repeat(64), 'x'.repeat(65), 'grün', '\u{1f600} and so on', 'a\u0000b'])(
    'hands over %j while memory grows',
    async (text) => {
      const guest = await mended(echo());
      for (let i = 0; i < 3; i++) expect(guest.text(text)).toBe(text);
    },
  );

  it('hands over bytes of any kind', async () => {
    const guest = await mended(echo());
    const whole = Uint8Array.of(9, 1, 2, 3, 9);
    const all = [Buffer.from([1, 2, 3]), whole.subarray(1, 4), [1, 2, 3], Uint8Array.of(1, 2, 3).buffer];
    for (const bytes of all) expect([...guest.bytes(bytes)]).toEqual([1, 2, 3]);
  });

  it.each(['(i32.const -8)', '(i32.const 65534)', '(i32.const 200000)'])(
    'refuses a place outside of memory: %s',
    async (at) => {
      const guest = await mended(echo(at));
      expect(await outcome(() => guest.text('abc'))).toContain('RangeError');
      expect(await outcome(() => guest.bytes(Buffer.from('abc')))).toContain('RangeError');
      expect(await outcome(() => guest.text(5))).toContain('TypeError');
    },
  );

  it('takes no text for another that it knows', async () => {
    const guest = await mended(echo());
    // Alike in length, ends and middle.
    const texts = ['aXcYe', 'aZcWe', 'aXcYe', '', 'aXcY', 'aXcYe\u0000', '\u00e9', 'e\u0301', 'aXcYe', '\ufffd'];
    for (const text of [...texts, ...texts]) expect(guest.text(text)).toBe(text);
  });

  it('takes bytes that are no text for such each time', async () => {
    const guest = await mended(echo('(i32.store (i32.const 32) (i32.const -1)) (i32.const 64)', '(i32.const 32)'));
    for (let i = 0; i < 3; i++) expect(guest.text('abc')).toBe('\ufffd\ufffd\ufffd');
  });

  it('takes bytes that are no text for none that looks like them', async () => {
    // "è" lies in the place of known texts where a byte of its number, which is no UTF-8, is looked for.
    const from =
      '(i32.store8 (i32.const 32) (i32.const 0xe8)) (select (local.get 0) (i32.const 32) (i32.gt_u (local.get 1) (i32.const 1)))';
    const guest = await mended(echo('(i32.const 64)', from));
    expect(guest.text('è')).toBe('è');
    expect(guest.text('a')).toBe('\ufffd');
  });

  it("hands on bytes that are nobody else's", async () => {
    const guest = await mended(echo('(i32.const 64)'));
    const bytes = guest.bytes(Uint8Array.of(1, 2, 3));
    guest.bytes(Uint8Array.of(4, 5, 6));
    expect([[...bytes], bytes.buffer.byteLength]).toEqual([[1, 2, 3], 3]);
  });

  it.each([
    ['(i32.const -8)', 'abc'],
    ['(i32.const 65534)', 'abc'],
    ['(i32.const 65537)', ''],
  ])('refuses a text outside of memory: %s', async (from, text) => {
    const guest = await mended(echo('(i32.const 64)', from));
    for (let i = 0; i < 2; i++) expect(await outcome(() => guest.text(text))).toContain('RangeError');
  });
});
