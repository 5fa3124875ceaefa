import { HostError } from '../errors.ts';

/** One mistake in the configuration, in the parts that its message is made of. */
export interface Problem {
  /** From 1; undefined in an object. */
  readonly line: number | undefined;
  /** Key path of the value, as `capability[0].config[1].qos`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** How to mend it, one line each. */
  readonly hints: readonly string[];
}

function block(file: string, problem: Problem): string {
  const { line, path, expected, found, hints } = problem;
  const place = line === undefined ? file : `${file}:${line}`;
  const first = `${place}: ${path}: expected ${expected}, found ${found}`;
  return [first, ...hints.map((hint) => `  ${hint}`)].join('\n');
}

/** All problems of a document as one ERR_CONFIG_INVALID: a block each, in the order of the file. */
export function configError(file: string, problems: readonly Problem[]): HostError {
  const blocks = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).map((problem) => block(file, problem));
  const count = problems.length === 1 ? [] : [`${problems.length} problems in ${file}`];
  return new HostError('ERR_CONFIG_INVALID', [...count, ...blocks].join('\n\n'));
}
