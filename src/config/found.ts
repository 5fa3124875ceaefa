import { isSecretPath, maskUrl, strike } from './secrets.ts';
import { EnvText } from './substitute.ts';

const LONGEST = 80;

function quote(text: string): string {
  if (text === '') return 'empty text';
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

function describeNumber(value: number): string {
  return Number.isInteger(value) ? `the integer ${value}` : `the number ${value}`;
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date)
    return `the date ${Number.isNaN(value.getTime()) ? 'that does not exist' : value.toISOString()}`;
  return 'a table';
}

/** What a value is, in words, with the value where it is short and no secret. */
function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return quote(value);
    case 'number':
      return describeNumber(value);
    case 'bigint':
      return `the integer ${value}`;
    case 'boolean':
      return String(value);
    default:
      return value !== null && typeof value === 'object' ? describeObject(value) : 'another value';
  }
}

export interface FoundContext {
  readonly path: string;
  /** `env:NAME` and `file:PATH` that went into the value. */
  readonly through: readonly string[];
  readonly secrets: Iterable<string>;
}

/** The "found …" of a message. Passwords, keys and the contents of files are named by their type only. */
export function describeFound(value: unknown, { path, through, secrets }: FoundContext): string {
  const plain = value instanceof EnvText ? value.text : value;
  const source = through.length === 0 ? '' : ` (from ${through.map((name) => `\${${name}}`).join(', ')})`;
  const hidden = isSecretPath(path) || through.some((name) => name.startsWith('file:'));
  if (hidden && typeof plain !== 'object' && plain !== undefined)
    return (typeof plain === 'string' ? (plain === '' ? 'empty text' : 'text') : `a ${typeof plain}`) + source;
  const shown = typeof plain === 'string' && /(?:^|\.)url(?:\[\d+\])?$/.test(path) ? maskUrl(plain) : plain;
  return strike(describe(shown), secrets) + source;
}
