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

/** With the best of the alternatives first: the highest rate, or else the lowest number. */
function bestFirst(
  series: readonly Series[],
  { count, by }: NonNullable<Comparison['alternatives']>,
): readonly Series[] {
  const merit = ({ values }: Series) => {
    const each = values[by];
    if (each === undefined) return Number.NEGATIVE_INFINITY;
    return by === 'rate' ? median(each) : -median(each);
  };
  const sorted = series.slice(0, count).sort((a, b) => merit(b) - merit(a));
  return [...sorted, ...series.slice(count)];
}

const ITSELF = { count: 1, by: 'rate' } as const;

/**
 * Runs the contestants of a comparison in turns, so that what the machine does meanwhile meets all of them; every other
 * round in the opposite order. A run that fails is named in the result and ends nothing else.
 */
export async function compare(
  { title, contestants, alternatives = ITSELF, maxRounds = Number.POSITIVE_INFINITY }: Comparison,
  rounds: number,
  progress: (text: string) => void,
): Promise<Compared> {
  const gathered = contestants.map((contestant) => ({ contestant, series: new Gathering(contestant.name) }));
  for (let round = 1; round <= Math.min(rounds, maxRounds); round++) {
    for (const { contestant, series } of round % 2 === 1 ? gathered : gathered.toReversed()) {
      if (round > (contestant.maxRounds ?? round)) continue;
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
