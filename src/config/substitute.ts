import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KeyPath } from './paths.ts';
import type { TomlTable } from './toml.ts';

/** A string that was exactly one `${env:NAME}`: it is read as the type of its key. */
export class EnvText {
  readonly name: string;
  readonly text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }
}

/** Stands for a value that could not be put in; the problem has been reported. */
export const BROKEN: unique symbol = Symbol('broken');

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substitution {
  readonly env: Environment;
  /** Folder that `${file:…}` is relative to. */
  readonly folder: string;
  /** A string took something in: `env:NAME` or `file:PATH` each. */
  filled(path: KeyPath, through: readonly string[]): void;
  failed(path: KeyPath, expected: string, found: string, hint: string): void;
}

const TOKEN = /\$\$\{|\$\{([^}]*)\}?/g;
const ENV = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;
const EXACTLY_ENV = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}$/;

class Unfilled extends Error {
  readonly expected: string;
  readonly found: string;
  readonly hint: string;

  constructor(expected: string, found: string, hint: string) {
    super(expected);
    this.expected = expected;
    this.found = found;
    this.hint = hint;
  }
}

function fromEnvironment(name: string, fallback: string | undefined, env: Environment): string {
  const value = env[name];
  // As in a shell, ":-" stands in for an empty variable too.
  if (fallback !== undefined && (value === undefined || value === '')) return fallback;
  if (value === undefined) {
    const hint = `set ${name}, or give a default: \${env:${name}:-…}`;
    throw new Unfilled(`the environment variable ${name} to be set`, 'it unset', hint);
  }
  return value;
}

function fromFile(path: string, folder: string): string {
  const file = resolve(folder, path);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new Unfilled(`a readable file at ${file}`, code, 'a relative path starts at the folder of the TOML file');
  }
}

function fillIn(content: string, closed: boolean, { env, folder }: Substitution): string {
  const [, name, fallback] = ENV.exec(content) ?? [];
  if (closed && name !== undefined) return fromEnvironment(name, fallback, env);
  if (closed && content.startsWith('file:') && content.length > 5) return fromFile(content.slice(5), folder);
  const expected = `\${env:NAME}, \${env:NAME:-default} or \${file:PATH}`;
  throw new Unfilled(expected, closed ? `another \${…}` : 'an unclosed one', `write $\${ for a literal \${`);
}

function expand(text: string, path: KeyPath, into: Substitution): unknown {
  if (!text.includes('${')) return text;
  const through: string[] = [];
  try {
    const filled = text.replace(TOKEN, (token: string, content: string | undefined) => {
      if (content === undefined) return '${';
      const value = fillIn(content, token.endsWith('}'), into);
      through.push(content.replace(/:-[\s\S]*$/, ''));
      return value;
    });
    if (through.length > 0) into.filled(path, through);
    const name = EXACTLY_ENV.exec(text)?.[1];
    return name === undefined ? filled : new EnvText(name, filled);
  } catch (thrown) {
    if (!(thrown instanceof Unfilled)) throw thrown;
    into.failed(path, thrown.expected, thrown.found, thrown.hint);
    return BROKEN;
  }
}

/** Whether a value is a TOML table. */
export function isTable(value: unknown): value is TomlTable {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof EnvText)
  );
}

/** A copy of the document in which every string has its `${…}` filled in. What was put in is not looked at again. */
export function substitute(value: unknown, path: KeyPath, into: Substitution): unknown {
  if (typeof value === 'string') return expand(value, path, into);
  if (Array.isArray(value)) return value.map((element, index) => substitute(element, [...path, index], into));
  if (!isTable(value)) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, element] of Object.entries(value)) copy[key] = substitute(element, [...path, key], into);
  return copy;
}
