import { host } from '../harness/consumers.ts';
import type { Comparison, Context, Measure } from '../harness/measure.ts';
import { flooded } from '../harness/synthetic.ts';

function topics(context: Context): Comparison {
  const counts = [1, 10, 100, 1_000];
  const one = (count: number) => {
    const consumer = host(`host, ${count} topics`, { guest: context.guests.trivial });
    return flooded(context, consumer, { qos: 1, topics: count, window: 1_000 });
  };
  return { title: 'topics, qos 1, window 1,000', contestants: counts.map(one), maxRounds: 2 };
}

function bindings(context: Context): Comparison {
  const one = (count: number) =>
    flooded(context, host(`host, ${count} bindings`, { guest: context.guests.trivial, bindings: count }), { qos: 1 });
  return { title: 'bindings, qos 1', contestants: [1, 4, 16].map(one), maxRounds: 2 };
}

function workers(context: Context): Comparison {
  const one = (count: number) => {
    const settings = { guest: context.guests.trivial, guestTable: [`workers = ${count}`] };
    return flooded(context, host(`host, ${count} workers`, settings), { qos: 1 });
  };
  return { title: 'workers, qos 1, trivial handler', contestants: [1, 2].map(one), maxRounds: 2 };
}

/** Instances matter where calls wait: each publishes, and the broker takes 2 ms to answer. */
function instances(context: Context): readonly Comparison[] {
  const { publishing } = context.guests;
  if (publishing === undefined) return [];
  const one = (count: number) => {
    const settings = { guest: publishing, binding: ['format = "raw"'], guestTable: [`instances = ${count}`] };
    return flooded(context, host(`host, ${count} instances`, settings), { qos: 1, answerDelay: 2 });
  };
  return [
    { title: 'instances, one confirmed publish, answered after 2 ms', contestants: [1, 4, 16].map(one), maxRounds: 2 },
  ];
}

/** What the host costs as there is more of something; the first of each is the one to compare with. */
export const growthMeasures: readonly Measure[] = [
  {
    name: 'growth',
    about: '1 to 1,000 topics, 1 to 16 bindings, 1 and 2 workers, 1 to 16 instances, synthetic broker',
    comparisons: (context) => [topics(context), bindings(context), workers(context), ...instances(context)],
  },
];
