import { parse } from '@iarna/toml';
import type { z } from 'zod';
import { LEVELS, type Level, type Spec } from './levels.ts';
import type { KeyPath } from './paths.ts';
import type { Source } from './source.ts';
import { BROKEN, EnvText } from './substitute.ts';
import { nearest } from './suggest.ts';
import { type TomlTable, TWO_DOCUMENTS } from './toml.ts';
import { orList } from './values.ts';

type Values<S extends Spec> = { readonly [K in keyof S]?: z.output<S[K]> };

/** What one table of the document says, as far as it is valid. */
export interface Reading<S extends Spec> {
  readonly path: KeyPath;
  /** The table as the document has it, with every `${…}` filled in. */
  readonly table: TomlTable;
  readonly values: Values<S>;
  /** Known keys that are written, valid or not, misspelt or not. */
  readonly written: ReadonlySet<string>;
  /** Whether the key is written and not valid: rules that rest on it have nothing to say. */
  broken(key: keyof S & string): boolean;
  /** The value, or `fallback` with a note that it is the default. */
  get<K extends keyof S & string, F>(key: K, fallback: F, because?: string): z.output<S[K]> | F;
}

/** Reads the keys of a table by its level's types; unknown keys and wrong values become problems of the source. */
export function readTable<S extends Spec>(
  source: Source,
  path: KeyPath,
  table: TomlTable,
  level: Level<S>,
): Reading<S> {
  const values: Record<string, unknown> = {};
  const written = new Set<string>();
  for (const [key, value] of Object.entries(table)) {
    const schema = Object.hasOwn(level.spec, key) ? level.spec[key] : undefined;
    if (schema === undefined) {
      const near = unknownKey(source, [...path, key], key, table, level);
      if (near !== undefined) written.add(near);
      continue;
    }
    written.add(key);
    const result = value === BROKEN ? undefined : readValue(source, [...path, key], value, schema);
    if (result === undefined) continue;
    values[key] = result.data;
    source.written([...path, key]);
  }
  return {
    path,
    table,
    values: values as Values<S>,
    written,
    broken: (key) => written.has(key) && !(key in values),
    get(key, fallback, because) {
      if (key in values) return values[key] as z.output<S[typeof key]>;
      source.defaulted([...path, key], because);
      return fallback;
    },
  };
}

/** The TOML value that a text would be without its quotes. */
function literal(text: string): unknown {
  try {
    return parse(`v = ${text}`).v;
  } catch {
    return undefined;
  }
}

interface Data {
  readonly data: unknown;
}

/** Strings where the document had `${env:…}`. */
function withoutEnvText(value: unknown): unknown {
  if (value instanceof EnvText) return value.text;
  return Array.isArray(value) ? value.map(withoutEnvText) : value;
}

function holdsBroken(value: unknown): boolean {
  return value === BROKEN || (Array.isArray(value) && value.some(holdsBroken));
}

/** Reads one value by its type; undefined when it is not valid, which has then been reported. */
export function readValue(source: Source, path: KeyPath, value: unknown, schema: z.ZodType): Data | undefined {
  if (holdsBroken(value)) return undefined;
  const result = schema.safeParse(withoutEnvText(value));
  if (result.success) return result;
  if (value instanceof EnvText) {
    const typed = schema.safeParse(literal(value.text));
    if (typed.success) return typed;
  }
  for (const issue of result.error.issues) {
    const within = Array.isArray(value) ? (issue.path as (string | number)[]) : [];
    const culprit = within.reduce<unknown>((outer, step) => (outer as unknown[])[step as number], value);
    source.problem([...path, ...within], {
      expected: issue.message,
      found: source.found(culprit, [...path, ...within]),
      hints: hints(issue, culprit, schema),
    });
  }
  return undefined;
}

function hints(issue: z.core.$ZodIssue, value: unknown, schema: z.ZodType): string[] {
  const said = issue.code === 'custom' ? (issue.params?.hint as string | undefined) : undefined;
  if (said !== undefined) return [said];
  if (typeof value === 'string') {
    const unquoted = literal(value);
    if (typeof unquoted !== 'string' && schema.safeParse(unquoted).success) return ['write it without quotes'];
    const choices = issue.code === 'invalid_value' && issue.values.length > 1 ? issue.values : [];
    const options = choices.filter((option) => typeof option === 'string');
    const near = nearest(value, options);
    if (near !== undefined) return [`did you mean "${near}"?`];
  }
  if ((typeof value === 'number' || typeof value === 'boolean') && schema.safeParse(String(value)).success)
    return ['write it in quotes'];
  return [];
}

/** Reports the key; returns the key of this level that was meant, if that is one not written yet. */
function unknownKey(source: Source, path: KeyPath, key: string, table: TomlTable, level: Level): string | undefined {
  const unused = Object.keys(level.spec).filter((known) => !Object.hasOwn(table, known));
  const homes = LEVELS.filter(({ spec }) => Object.hasOwn(spec, key));
  const near = homes.length === 0 ? nearest(key, unused) : undefined;
  const hint = near === undefined ? whereItBelongs(key, homes, level) : `did you mean "${near}"?`;
  source.problem(path, { expected: `a key of ${level.title}`, found: 'an unknown key', hints: [hint] });
  return near;
}

function whereItBelongs(key: string, homes: readonly Level[], level: Level): string {
  if (key === 'specversion') return TWO_DOCUMENTS;
  if (homes.length > 0) return homes.map((home) => home.place(key)).join('; or ');
  const repeated = nearest(key, Object.keys(level.spec));
  if (repeated !== undefined) return `did you mean "${repeated}"?`;
  for (const other of LEVELS) {
    const elsewhere = nearest(key, Object.keys(other.spec));
    if (elsewhere !== undefined) return `did you mean "${elsewhere}"? ${other.place(elsewhere)}`;
  }
  return `its keys are ${orList(Object.keys(level.spec))}`;
}
