import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TlsOptions } from '../types.ts';
import { tlsLevel } from './levels.ts';
import { formatPath, type KeyPath } from './paths.ts';
import { readTable } from './read.ts';
import type { Source } from './source.ts';
import type { TomlTable } from './toml.ts';

const PEM = '-----BEGIN';
const EXPECTED = 'PEM text, or the path of a PEM file';

/** A path is relative to the folder of the TOML file. */
function readPem(source: Source, path: KeyPath, value: string): string | undefined {
  if (value.includes(PEM)) return value;
  const file = resolve(source.folder, value);
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes(PEM)) return text;
    const hints = ['convert it: openssl x509 -inform der -in FILE -out FILE.pem (for a certificate)'];
    source.problem(path, { expected: EXPECTED, found: `a file that holds no PEM: ${file}`, hints });
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? 'unreadable';
    const hints = ['a relative path starts at the folder of the TOML file'];
    source.problem(path, { expected: EXPECTED, found: `${code} for ${file}`, hints });
  }
  return undefined;
}

/** Reads a `tls` table and the files that it names. */
export function readTls(source: Source, path: KeyPath, table: TomlTable): TlsOptions {
  const reading = readTable(source, path, table, tlsLevel);
  const { values, written } = reading;
  const pem = (key: 'ca' | 'cert' | 'key') => {
    const value = values[key];
    return value === undefined ? undefined : readPem(source, [...path, key], value);
  };
  const [ca, cert, key] = [pem('ca'), pem('cert'), pem('key')];
  if (key !== undefined) source.secrets.add(key);
  for (const [one, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (!written.has(one) || written.has(other)) continue;
    source.problem([...path, other], { expected: `tls.${other} beside tls.${one}`, found: 'nothing', hints: [] });
  }
  const insecure = reading.get('insecure', false);
  if (insecure)
    source.warnings.push(
      `${formatPath([...path, 'insecure'])}: the broker's certificate is not verified; use this for tests only`,
    );
  return { ca, cert, key, insecure };
}
