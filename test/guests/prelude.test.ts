import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildGuest } from '../../guests/build.ts';
import { Utf8Decoder, Utf8Encoder } from '../../guests/prelude/utf8.ts';
import { tempDirectory } from '../support/temp.ts';

const GUESTS = fileURLToPath(new URL('../../guests/', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

it('type-checks against the declarations of a guest', async () => {
  const { path } = await buildGuest('temperature-alerts');
  const prelude = readdirSync(join(GUESTS, 'prelude')).filter((name) => /(?<!\.d)\.ts$/.test(name));
  expect(prelude.length).toBeGreaterThan(3);
  const files = [join(dirname(path), 'types', 'guest.d.ts'), ...prelude.map((name) => join(GUESTS, 'prelude', name))];
  const project = join(tempDirectory('prelude'), 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ extends: join(GUESTS, 'tsconfig.json'), files }));
  const checked = await promisify(execFile)(process.execPath, [TSC, '-p', project, '--pretty', 'false']).catch(
    (error: { stdout: string }) => error,
  );
  expect(checked.stdout).toBe('');
});

const long = ['x'.repeat(1023), 'é', 'y'.repeat(3000), '😀'].join('');
const texts = [
  '',
  'plain',
  'é€😀',
  long,
  '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}',
  'lone \ud800 half',
];

const malformed = [
  '80',
  'c0af',
  'c3',
  'e282',
  'e28241',
  'eda080',
  'f0908d41',
  'f4908080',
  'f8888080',
  'ff41',
  'f09f98',
];

describe('Utf8Encoder', () => {
  it.each(texts)('encodes %j like the real one', (text) => {
    expect(new Utf8Encoder().encode(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
  });
});

describe('Utf8Decoder', () => {
  it.each(texts)('decodes %j like the real one', (text) => {
    const bytes = new TextEncoder().encode(text);
    expect(new Utf8Decoder().decode(bytes)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  });

  it.each(malformed)('replaces what is malformed in %s, and refuses it when fatal', (hex) => {
    const bytes = Buffer.from(hex, 'hex');
    const text = new Utf8Decoder().decode(bytes);
    expect(text).toContain('\ufffd');
    expect(text.replaceAll('\ufffd', '')).toBe(new TextDecoder().decode(bytes).replaceAll('\ufffd', ''));
    expect(() => new Utf8Decoder('utf-8', { fatal: true }).decode(bytes)).toThrow(TypeError);
  });
});
