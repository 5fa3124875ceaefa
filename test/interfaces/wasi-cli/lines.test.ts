import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LineSink, LONGEST_LINE } from '../../../src/interfaces/wasi-cli/lines.ts';

function sink(): { lines: string[]; write: (text: string | Uint8Array) => void } {
  const lines: string[] = [];
  const made = new LineSink((line) => lines.push(line));
  return { lines, write: (text) => made.write(typeof text === 'string' ? Buffer.from(text) : text) };
}

describe('LineSink', () => {
  it('cuts at newlines, drops carriage returns and empty lines', () => {
    const { lines, write } = sink();
    write('a\r\n\nb\nc');
    expect(lines).toEqual(['a', 'b']);
  });

  it('joins the pieces of a line, within a character too', () => {
    const { lines, write } = sink();
    const bytes = Buffer.from('x = 5 €\n');
    for (const byte of bytes) write(Uint8Array.of(byte));
    expect(lines).toEqual(['x = 5 €']);
  });

  it('keeps what was written although the writer reuses its buffer', () => {
    const { lines, write } = sink();
    const buffer = Buffer.from('abc');
    write(buffer);
    buffer.fill(0);
    write('\n');
    expect(lines).toEqual(['abc']);
  });

  it('hands on a line without an end when the turn of the event loop ends', async () => {
    const { lines, write } = sink();
    write('half');
    expect(lines).toEqual([]);
    await turn();
    expect(lines).toEqual(['half']);
    write(' a line\n');
    expect(lines).toEqual(['half', ' a line']);
  });

  it('is bounded', () => {
    const { lines, write } = sink();
    for (let i = 0; i < 5; i++) write('x'.repeat(LONGEST_LINE / 2));
    write('\n');
    expect(lines.map((line) => line.length)).toEqual([LONGEST_LINE, LONGEST_LINE, LONGEST_LINE / 2]);
  });
});
