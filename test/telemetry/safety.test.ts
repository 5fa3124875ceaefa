import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../src/status.ts';
import { recorder, SAMPLES } from './samples.ts';

const FORGED = `x\r\n2026-01-01T00:00:00.000Z ERROR [b0] forged\t\u001b[2J\u009b1m\u2028\u202e\u0000`;

/** Every status with `text` in each of its strings that can come from outside. */
function everywhere(text: string): HostStatus[] {
  return Object.values(SAMPLES).map((status) => {
    const outside = [
      'text',
      'topic',
      'error',
      'reason',
      'broker',
      'clientId',
      'context',
      'app',
      'component',
      'binding',
    ];
    const entries = Object.entries(status).map(([name, value]) => {
      if (status.kind === 'dropped' && name === 'reason') return [name, value];
      return [name, outside.includes(name) ? text : name === 'filters' ? [text] : value];
    });
    return Object.fromEntries(entries) as HostStatus;
  });
}

function linesOf(statuses: readonly HostStatus[], format: 'text' | 'json', secrets: readonly string[] = []): string[] {
  const { telemetry, lines } = recorder({ format, secrets });
  for (const status of statuses) telemetry.report(status);
  return lines;
}

describe('what comes from outside', () => {
  it.each(['text', 'json'] as const)('cannot end a line or drive a terminal in %s', (format) => {
    const lines = linesOf(everywhere(FORGED), format);
    expect(lines).toHaveLength(Object.keys(SAMPLES).length);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  });

  it('is escaped readably in text and exactly in JSON', () => {
    const output: HostStatus = { ...SAMPLES['guest-output'], text: 'a\nb\u001b[31m\u009b\ud800 C:\\x 😀' };
    expect(linesOf([output], 'text')[0]).toMatch(/guest log \(shop\): a\\nb\\u001b\[31m\\u009b\\ud800 C:\\x 😀$/);
    const [line = ''] = linesOf([output], 'json');
    expect(JSON.parse(line)).toMatchObject({ message: output.text });
  });

  it('is bounded in length', () => {
    for (const line of linesOf(everywhere('y'.repeat(100_000)), 'text')) expect(line.length).toBeLessThan(22_000);
    const [line] = linesOf([{ ...SAMPLES['guest-output'], text: 'z'.repeat(20_000) }], 'text');
    expect(line).toMatch(/z… \(3616 more characters\)$/);
  });

  it('loses the stack of an error, but not what a guest printed', () => {
    const error = new Error('boom').stack ?? '';
    const [text] = linesOf([{ ...SAMPLES['failed-attempt'], error }], 'text');
    expect(text).toMatch(/: Error: boom$/);
    const [json = ''] = linesOf([{ ...SAMPLES['failed-attempt'], error }], 'json');
    expect(JSON.parse(json)).toMatchObject({ error: 'Error: boom' });
    expect(linesOf([{ ...SAMPLES['guest-output'], text: error }], 'text')[0]).toContain('safety.test.ts');
  });
});

describe('secrets', () => {
  const KEY = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(16)}\n${'REVG'.repeat(16)}\n-----END PRIVATE KEY-----\n`;

  it.each([
    ['plain', 'hunter2'],
    ['with characters of patterns', 'a.*(b)[c]$1\\'],
    ['with quotes and line ends', 'a"b\nc'],
    ['a key', KEY],
  ])('are struck out of every line: %s', (_, secret) => {
    for (const format of ['text', 'json'] as const) {
      const lines = linesOf(everywhere(`<${secret}>`), format, ['', secret]);
      expect(lines).toHaveLength(Object.keys(SAMPLES).length);
      const quoted = JSON.stringify(secret).slice(1, -1);
      for (const line of lines) {
        expect(line).not.toContain(secret);
        expect(line).not.toContain(quoted);
      }
      expect(lines[0]).toContain('<***>');
    }
  });

  it('are struck out in urls, quoted, and by the line', () => {
    const error = `mqtt://u:p%40ss%2Fword@host "a\\"b" ${'REVG'.repeat(16)}`;
    const [line] = linesOf([{ ...SAMPLES['publish-failed'], error }], 'text', ['p@ss/word', 'a"b', KEY]);
    expect(line).toMatch(/mqtt:\/\/u:\*\*\*@host "\*\*\*" \*\*\*$/);
  });

  it('are struck out as a whole where one begins with another', () => {
    const [line] = linesOf([{ ...SAMPLES['publish-failed'], error: 'pass password' }], 'text', ['pass', 'password']);
    expect(line).toMatch(/failed: \*\*\* \*\*\*$/);
  });

  it('do not show their beginning where a text is cut off', () => {
    const text = `${'x'.repeat(16_380)}topsecret`;
    const [line] = linesOf([{ ...SAMPLES['guest-output'], text }], 'text', ['topsecret']);
    expect(line).not.toContain('top');
  });
});
