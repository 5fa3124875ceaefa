import { parseArgs } from 'node:util';

export interface Options {
  /** Everything, as it is published; else a quick look. */
  readonly full: boolean;
  readonly list: boolean;
  readonly prebuilt: boolean;
  readonly help: boolean;
  /** Names of measures, or how they begin; empty: all. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** Seconds. */
  readonly seconds: number;
  readonly warmUp: number;
  readonly window: number;
  /** Where the table is written; undefined: nowhere. */
  readonly out: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  --short            fewer rounds, cold code, smaller journals, 200,000 messages for the memory: a quick look;
                     without it everything takes under an hour on a quiet machine
  --only a,b         these measures alone, or those whose names begin so; --list names them
  --rounds N         rounds of each comparison (3; short 2)
  --seconds S        measured in each run (2; short 1)
  --warm-up S        before that (3; short 1)
  --window N         messages under way to one subscriber of the synthetic broker (100)
  --prebuilt         takes guests that were built before, and runs no toolchain
  --out FILE         where the table goes (all measures: test/bench/RESULTS.md; with --only nowhere)
`;

function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} takes a number above 0, not ${text}\n\n${USAGE}`);
}

/** @throws Error for what it does not know */
export function readOptions(args: readonly string[], results: string): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      prebuilt: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      window: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const full = !values.short;
  return {
    full,
    list: values.list,
    prebuilt: values.prebuilt,
    help: values.help,
    only: values.only?.split(',') ?? [],
    rounds: number('rounds', values.rounds, full ? 3 : 2),
    seconds: number('seconds', values.seconds, full ? 2 : 1),
    warmUp: number('warm-up', values['warm-up'], full ? 3 : 1),
    window: number('window', values.window, 100),
    out: values.out ?? (values.only === undefined ? results : undefined),
  };
}
