import { dirname } from 'node:path';
import { describeFound } from './found.ts';
import type { Origin } from './model.ts';
import { formatPath, type KeyPath } from './paths.ts';
import type { Problem } from './problems.ts';
import { scanLines } from './scanner.ts';
import { collectSecrets } from './secrets.ts';
import { type Environment, substitute } from './substitute.ts';
import { parseToml, type TomlTable } from './toml.ts';

/** One document being read: its values with their lines, and what was learnt on the way. */
export class Source {
  /** Absolute path. */
  readonly file: string;
  /** The path as the user gave it. */
  readonly shown: string;
  readonly folder: string;
  readonly root: TomlTable;
  readonly secrets: Set<string>;
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly origins = new Map<string, Origin>();
  private readonly lines: ReadonlyMap<string, number>;
  private readonly through = new Map<string, readonly string[]>();

  /** @throws HostError ERR_CONFIG_SYNTAX */
  constructor(text: string, file: string, shown: string, env: Environment) {
    this.file = file;
    this.shown = shown;
    this.folder = dirname(file);
    const parsed = parseToml(text, shown);
    this.lines = scanLines(text).lines;
    const filled = substitute(parsed, [], {
      env,
      folder: this.folder,
      filled: (path, through) => this.through.set(formatPath(path), through),
      failed: (path, expected, found, hint) => this.problem(path, { expected, found, hints: [hint] }),
    });
    this.root = filled as TomlTable;
    this.secrets = collectSecrets(filled);
  }

  /** Line of the value, or of the innermost table around it that is written; from 1. */
  line(path: KeyPath): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.lines.get(formatPath(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
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
    this.origins.set(formatPath(path), { from: 'file', line: this.line(path), through: this.throughOf(path) });
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
