import type { Comparison, Metric, Values } from './measure.ts';
import { median } from './statistics.ts';

export interface Series {
  readonly name: string;
  /** One value a round. */
  readonly values: Partial<Record<Metric, readonly number[]>>;
  /** Of the rounds that gave none. */
  readonly failures: readonly string[];
}

export interface Compared {
  readonly title: string;
  /** The first is the one to compare with. */
  readonly series: readonly Series[];
}

class Gathering implements Series {
  readonly name: string;
  readonly values: Partial<Record<Metric, number[]>> = {};
  readonly failures: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(values: Values): void {
    for (const [metric, value] of Object.entries(values) as [Metric, number][])
      this.values[metric] = [...(this.values[metric] ?? []), value];
  }
}

/** How good it was: its rate, or how short it took. */
function merit({ values }: Series): number {
  const { rate, p50 } = values;
  if (rate !== undefined) return median(rate);
  return p50 === undefined ? Number.NEGATIVE_INFINITY : -median(p50);
}

/** With the best of the alternatives first. */
function bestFirst(series: readonly Series[], alternatives: number): readonly Series[] {
  const [first, ...others] = series.slice(0, alternatives).sort((a, b) => merit(b) - merit(a));
  return first === undefined ? series : [first, ...others, ...series.slice(alternatives)];
}

/**
 * Runs the contestants of a comparison in turns, so that what the machine does meanwhile meets all of them; every other
 * round in the opposite order. A run that fails is named in the result and ends nothing else.
 */
export async function compare(
  { title, contestants, alternatives = 1, maxRounds = Number.POSITIVE_INFINITY }: Comparison,
  rounds: number,
  progress: (text: string) => void,
): Promise<Compared> {
  const gathered = contestants.map((contestant) => ({ contestant, series: new Gathering(contestant.name) }));
  for (let round = 1; round <= Math.min(rounds, maxRounds); round++) {
    for (const { contestant, series } of round % 2 === 1 ? gathered : gathered.toReversed()) {
      progress(`${title}: round ${round}, ${contestant.name}`);
      try {
        series.add(await contestant.run());
      } catch (error) {
        series.failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  const series = gathered.map((each) => each.series);
  return { title, series: bestFirst(series, alternatives) };
}
