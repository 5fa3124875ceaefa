import { type ListedDeadLetter, nearest } from '../src/cli.ts';
import type { OpenApp } from './app.ts';
import { type CommandLine, positionalsOf, usage } from './arguments.ts';
import { say } from './output.ts';
import { listed, numbered } from './words.ts';

/** The dead letters that a command line names, each once. @throws HostError ERR_USAGE */
export function idsOf(words: readonly string[]): readonly number[] {
  const ids = words.map((word) => {
    const id = /^\d+$/.test(word) ? Number(word) : 0;
    if (id > 0 && Number.isSafeInteger(id)) return id;
    throw usage(`expected the number of a dead letter, as "host dlq list" shows it, found "${word}"`);
  });
  return [...new Set(ids)];
}

/** What to do something to: numbers, or `--all`, one of them. @throws HostError ERR_USAGE */
export function chosen(line: CommandLine): { readonly file: string; readonly ids: readonly number[] | 'all' } {
  const [file = '', ...words] = positionalsOf(line, ['app.toml', 'id…'], 1);
  if (line.all && words.length > 0) throw usage(`--all and the numbers of dead letters exclude each other`);
  if (line.binding !== undefined && !line.all) throw usage(`--binding goes with --all, and not with numbers`);
  if (line.all) return { file, ids: 'all' };
  if (words.length === 0) throw usage(`missing <id…>: expected the numbers of dead letters, or --all`);
  return { file, ids: idsOf(words) };
}

function assertBinding(binding: string, { config }: OpenApp): void {
  const names = config.bindings.map(({ name }) => name);
  if (names.includes(binding)) return;
  const near = nearest(binding, names);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  const known = listed(names.map((name) => `"${name}"`));
  throw usage(
    `--binding: expected ${known} of ${config.file}, or one that has dead letters, found "${binding}"${hint}`,
  );
}

/** All dead letters, or those of one binding, oldest first. @throws HostError ERR_USAGE for a binding unheard of */
export function lettersOf(app: OpenApp, binding: string | undefined): readonly ListedDeadLetter[] {
  const all = app.journal.deadLetters();
  if (binding === undefined) return all;
  const letters = all.filter((letter) => letter.binding === binding);
  if (letters.length === 0) assertBinding(binding, app);
  return letters;
}

export interface Selection {
  readonly letters: readonly ListedDeadLetter[];
  /** Numbers that no dead letter has. */
  readonly unknown: readonly number[];
}

/** The letters of a command line; looks each up by itself, since all together may be large. */
export function select(app: OpenApp, ids: readonly number[] | 'all', binding?: string): Selection {
  if (ids === 'all') return { letters: lettersOf(app, binding), unknown: [] };
  const found = ids.map((id) => [id, app.journal.deadLetter(id)] as const);
  return {
    letters: found.flatMap(([, letter]) => letter ?? []),
    unknown: found.filter(([, letter]) => letter === undefined).map(([id]) => id),
  };
}

/** Says which numbers there are none of; whether there were any. */
export function sayUnknown(unknown: readonly number[], file: string): boolean {
  if (unknown.length === 0) return false;
  say(`host: not found: ${numbered('dead letter', unknown)}; "host dlq list ${file}" shows those that there are`);
  return true;
}

export function sayNone(binding: string | undefined): void {
  say(binding === undefined ? 'no dead letters' : `no dead letters of binding "${binding}"`);
}
