import { host, peer } from '../harness/consumers.ts';
import type { Comparison, Context, Measure } from '../harness/measure.ts';
import { flooded } from '../harness/synthetic.ts';

function working(context: Context): readonly Comparison[] {
  const { working: guest } = context.guests;
  if (guest === undefined) return [];
  const consumers = [
    peer('mqtt.js, Rust guest inline', 'inline.ts', 'tuned', guest),
    ...[1, 2].map((count) => host(`host, Rust guest, ${count} workers`, { guest, guestTable: [`workers = ${count}`] })),
  ];
  return [
    { title: 'about 5 ms of work, qos 1', contestants: consumers.map((one) => flooded(context, one, { qos: 1 })) },
  ];
}

function fresh(context: Context): readonly Comparison[] {
  const { trivial, language, quickJs } = context.guests;
  const each = [[language as string, trivial], ...(quickJs === undefined ? [] : [['QuickJS', quickJs]])];
  return each.map(([name = '', guest = '']) => {
    const consumers = [
      ...['sync', 'async'].map((how) => peer(`fresh instance each (${how})`, 'fresh.ts', 'tuned', guest, how)),
      host(`host, ${name} guest`, { guest }),
    ];
    const contestants = consumers.map((one) => flooded(context, one, { qos: 1 }));
    return {
      title: `against fresh instances, ${name}, qos 1`,
      contestants,
      alternatives: { count: 2, by: 'rate' },
      maxRounds: 3,
    };
  });
}

/** Where the host's threads and its kept instances matter. */
export const workMeasures: readonly Measure[] = [
  {
    name: 'work',
    about: 'a handler of about 5 ms on 1 and 2 workers, against the guest in one thread',
    comparisons: working,
  },
  { name: 'fresh', about: 'against one fresh instance for each message', comparisons: fresh },
];
