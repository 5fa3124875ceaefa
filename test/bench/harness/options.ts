import { parseArgs } from 'node:util';

export interface Options {
  readonly full: boolean;
  readonly list: boolean;
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
  --full             all rounds and sizes, under 40 minutes on a quiet machine; the default is a short run
  --only a,b         these measures alone, or those whose names begin so; --list names them
  --rounds N         rounds of each comparison (short 3, full 5)
  --seconds S        measured in each run (short 2, full 3)
  --warm-up S        before that (short 1, full 2)
  --window N         messages under way to one subscriber of the synthetic broker (100)
  --out FILE         where the table goes (full run of everything: test/bench/RESULTS.md; else nowhere)
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
      full: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      window: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const { full } = values;
  return {
    full,
    list: values.list,
    help: values.help,
    only: values.only?.split(',') ?? [],
    rounds: number('rounds', values.rounds, full ? 5 : 3),
    seconds: number('seconds', values.seconds, full ? 3 : 2),
    warmUp: number('warm-up', values['warm-up'], full ? 2 : 1),
    window: number('window', values.window, 100),
    out: values.out ?? (full && values.only === undefined ? results : undefined),
  };
}
