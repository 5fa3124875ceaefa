import { dirname, resolve } from 'node:path';
import { describeFound } from './found.ts';
import type { Origin } from './model.ts';
import { formatPath, type KeyPath } from './paths.ts';
import type { Problem } from './problems.ts';
import { scanLines } from './scanner.ts';
import { collectSecrets } from './secrets.ts';
import { type Environment, isTable, substitute } from './substitute.ts';
import { parseToml, type TomlTable } from './toml.ts';

/** A document as it is found: a file's, or an object that a program made. */
interface Found {
  /** Absolute path; undefined for an object. */
  readonly file: string | undefined;
  /** What messages call it: the path as the user gave it. */
  readonly shown: string;
  /** Where relative paths start. */
  readonly folder: string;
  /** By key path, from 1; empty for an object. */
  readonly lines: ReadonlyMap<string, number>;
}

/** What an object that is a configuration is called in messages. */
const OBJECT = 'config';
const OBJECT_ORIGIN: Origin = Object.freeze({ from: 'object' });

/** A program leaves a key out by giving it no value. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isTable(value)) return value;
  const entries = Object.entries(value).filter(([, element]) => element !== undefined);
  return Object.fromEntries(entries.map(([key, element]) => [key, withoutUndefined(element)]));
}

/** One document being read: its values with their lines, and what was learnt on the way. */
export class Source {
  readonly file: string | undefined;
  readonly shown: string;
  readonly folder: string;
  readonly root: TomlTable;
  readonly secrets: Set<string>;
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly origins = new Map<string, Origin>();
  private readonly lines: ReadonlyMap<string, number>;
  private readonly through = new Map<string, readonly string[]>();

  /** `env` undefined: strings are taken as they are. */
  private constructor({ file, shown, folder, lines }: Found, root: TomlTable, env: Environment | undefined) {
    this.file = file;
    this.shown = shown;
    this.folder = folder;
    this.lines = lines;
    this.root = env === undefined ? root : this.fillIn(root, env);
    this.secrets = collectSecrets(this.root);
  }

  /** @throws HostError ERR_CONFIG_SYNTAX */
  static ofToml(text: string, file: string, env: Environment): Source {
    const root = parseToml(text, file);
    const absolute = resolve(file);
    const found = { file: absolute, shown: file, folder: dirname(absolute), lines: scanLines(text).lines };
    return new Source(found, root, env);
  }

  /** A program puts values in itself, so `${…}` means nothing in its strings. */
  static ofObject(document: object, folder: string): Source {
    const root = withoutUndefined(document) as TomlTable;
    return new Source({ file: undefined, shown: OBJECT, folder, lines: new Map() }, root, undefined);
  }

  private fillIn(root: TomlTable, env: Environment): TomlTable {
    return substitute(root, [], {
      env,
      folder: this.folder,
      filled: (path, through) => this.through.set(formatPath(path), through),
      failed: (path, expected, found, hint) => this.problem(path, { expected, found, hints: [hint] }),
    }) as TomlTable;
  }

  /** Line of the value, or of the innermost table around it that is written, from 1; undefined in an object. */
  line(path: KeyPath): number | undefined {
    if (this.file === undefined) return undefined;
    for (let length = path.length; length > 0; length--) {
      const line = this.lines.get(formatPath(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }

  /** `on line 7`, or in an object `at capability[0].config[1]`. */
  at(path: KeyPath): string {
    const line = this.line(path);
    return line === undefined ? `at ${formatPath(path)}` : `on line ${line}`;
  }

  problem(path: KeyPath, what: Omit<Problem, 'line' | 'path'>): void {
    this.problems.push({ ...what, line: this.line(path), path: formatPath(path) });
  }

  /** "found …" for a value of the document. */
  found(value: unknown, path: KeyPath): string {
    const name = formatPath(path);
    return describeFound(value, { path: name, through: this.through.get(name) ?? [], secrets: this.secrets });
  }

  /** `env:NAME` and `file:PATH` that went into the value or into what it holds. */
  throughOf(path: KeyPath): readonly string[] {
    const name = formatPath(path);
    const within = [...this.through].filter(
      ([key]) => key === name || key.startsWith(`${name}[`) || key.startsWith(`${name}.`),
    );
    return [...new Set(within.flatMap(([, through]) => through))];
  }

  written(path: KeyPath): void {
    const line = this.line(path);
    const origin = line === undefined ? OBJECT_ORIGIN : { from: 'file' as const, line, through: this.throughOf(path) };
    this.origins.set(formatPath(path), origin);
  }

  defaulted(path: KeyPath, because?: string): void {
    this.origins.set(formatPath(path), { from: 'default', because });
  }

  /** Values that were written as a part of another. */
  sameOrigin(of: KeyPath, parts: readonly KeyPath[]): void {
    const origin = this.origins.get(formatPath(of));
    for (const part of parts) if (origin !== undefined) this.origins.set(formatPath(part), origin);
  }
}
