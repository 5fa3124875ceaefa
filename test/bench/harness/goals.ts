import type { Metric } from './measure.ts';
import type { Compared } from './run.ts';
import { median, readable } from './statistics.ts';
import { tableOf } from './table.ts';

/** What a number is held against: the first of its comparison, or an earlier number of the same contestant. */
type Relation = 'ratio' | 'difference' | 'growth';

interface Goal {
  readonly what: string;
  /** The comparison's title, and how the contestant's name begins. */
  readonly title: string;
  readonly who: string;
  readonly metric: Metric;
  readonly relation: Relation;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const perQos = (limits: readonly [number, number, number], goal: (qos: number, limit: number) => Goal) =>
  limits.map((limit, qos) => goal(qos, limit));

const rate = { metric: 'rate', relation: 'ratio' } as const;
const ours = (language: string) => `host, ${language} guest`;

const GOALS: readonly Goal[] = [
  ...perQos([1, 1, 1], (qos, atLeast) => ({
    what: `push, qos ${qos}, Mosquitto`,
    title: `push qos ${qos}, 256 B, Mosquitto`,
    who: ours('Rust'),
    ...rate,
    atLeast,
  })),
  {
    what: 'push, qos 2, durability "power", Mosquitto',
    title: 'push qos 2, 256 B, Mosquitto',
    who: `${ours('Rust')}, power`,
    ...rate,
    atLeast: 0.8,
  },
  ...perQos([0.7, 1.5, 1.5], (qos, atLeast) => ({
    what: `push, qos ${qos}, synthetic broker`,
    title: `push qos ${qos}, 256 B, synthetic`,
    who: ours('Rust'),
    ...rate,
    atLeast,
  })),
  ...perQos([1.6, 1, 0.7], (qos, atMost) => ({
    what: `CPU a message, qos ${qos}, CloudEvents, synthetic broker`,
    title: `push qos ${qos}, 256 B, CloudEvents, synthetic`,
    who: ours('Rust'),
    metric: 'cpu',
    relation: 'ratio',
    atMost,
  })),
  ...['Mosquitto', 'synthetic'].flatMap((broker) => [
    {
      what: `push and one confirmed publish, qos 1, ${broker}`,
      title: `push and one publish, qos 1, 256 B, ${broker}`,
      // The handlers that it is compared with overlap, too, and keep no order.
      who: `${ours('Rust')}, order = "none"`,
      ...rate,
      atLeast: 0.9,
    },
    {
      what: `push and one transactional publish, qos 2, ${broker}`,
      title: `push and one publish, qos 2, 256 B, ${broker}`,
      who: ours('Rust'),
      ...rate,
      atLeast: 0.5,
    },
    {
      what: `push, QuickJS guest, qos 1, ${broker}`,
      title: `push qos 1, 256 B, ${broker}`,
      who: ours('QuickJS'),
      ...rate,
      atLeast: 0.7,
    },
  ]),
  {
    what: 'about 5 ms of work, 2 workers',
    title: 'about 5 ms of work, qos 1',
    who: 'host, Rust guest, 2 workers',
    ...rate,
    atLeast: 1.8,
  },
  {
    what: 'against one fresh instance for each message, QuickJS',
    title: 'against fresh instances, QuickJS, qos 1',
    who: ours('QuickJS'),
    ...rate,
    atLeast: 20,
  },
  {
    what: 'added latency, p50, ms',
    title: 'latency, 1000 messages/s, qos 1',
    who: ours('Rust'),
    metric: 'p50',
    relation: 'difference',
    atMost: 0.2,
  },
  {
    what: 'added latency, p99, ms',
    title: 'latency, 1000 messages/s, qos 1',
    who: ours('Rust'),
    metric: 'p99',
    relation: 'difference',
    atMost: 1,
  },
  {
    what: 'warm start to connected over node -e 0, ms',
    title: 'start',
    who: `${ours('Rust')}, warm`,
    metric: 'connect',
    relation: 'difference',
    atMost: 250,
  },
  {
    what: 'memory after all messages against after a tenth',
    title: 'memory, 2,000,000 messages, qos 1',
    who: ours('Rust'),
    metric: 'late',
    relation: 'growth',
    atMost: 1.05,
  },
];

function reached({ title, who, metric, relation }: Goal, all: readonly Compared[]): number | undefined {
  const series = all.find((compared) => compared.title === title)?.series ?? [];
  const one = series.find(({ name }) => name === who)?.values;
  const value = one?.[metric];
  const base = relation === 'growth' ? one?.early : series[0]?.values[metric];
  if (value === undefined || base === undefined) return undefined;
  return relation === 'difference' ? median(value) - median(base) : median(value) / median(base);
}

/** What the host is meant to reach, for those goals whose measures were run; undefined where that is none. */
export function goalTable(all: readonly Compared[]): string | undefined {
  const lines = GOALS.flatMap((goal) => {
    const value = reached(goal, all);
    if (value === undefined) return [];
    const { what, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
    const wanted = goal.atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    return [[what, wanted, readable(value), value >= atLeast && value <= atMost ? 'yes' : 'NO']];
  });
  return lines.length === 0 ? undefined : tableOf(['goal', 'wanted', 'reached', 'met'], lines);
}
