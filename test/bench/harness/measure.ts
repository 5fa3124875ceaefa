import type { Guests } from '../guests/build.ts';

/** What one run of a contestant gives; see {@link METRICS}. */
export type Values = Partial<Record<Metric, number>>;

export const METRICS = {
  rate: 'messages/s',
  cpu: 'CPU us a message',
  p50: 'p50 ms',
  p99: 'p99 ms',
  connect: 'ms to connected',
  first: 'ms to first message',
  rest: 'MB at rest',
  instance: 'MB an instance',
  early: 'MB after a tenth',
  late: 'MB after all',
} as const;

export type Metric = keyof typeof METRICS;

export interface Contestant {
  readonly name: string;
  /** Of those that show where the others stand; absent: as many as there are. */
  readonly maxRounds?: number;
  /** One run; its processes have ended when it settles. */
  run(): Promise<Values>;
}

/** Contestants that run in turns; the others are compared with the first. */
export interface Comparison {
  /** As it stands in the table: `push qos 1, 256 B, synthetic`. */
  readonly title: string;
  readonly contestants: readonly Contestant[];
  /** The first so many are ways to write the same program: the best of them is what the rest is compared with. */
  readonly alternatives?: { readonly count: number; readonly by: 'rate' | 'cpu' | 'p50' };
  /** At most this many rounds, where more would take too long. */
  readonly maxRounds?: number;
}

export interface Context {
  readonly full: boolean;
  /** Seconds measured in a run, after the warm-up. */
  readonly seconds: number;
  readonly warmUp: number;
  /** Of the synthetic broker. */
  readonly window: number;
  readonly guests: Guests;
  /** A folder for this run of the benchmark, removed at its end. */
  readonly root: string;
  /** Said beside the table: what was left out, and why. */
  note(text: string): void;
}

/** One file of `measures/`. */
export interface Measure {
  /** As `--only` takes it. */
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  comparisons(context: Context): Promise<readonly Comparison[]> | readonly Comparison[];
}
