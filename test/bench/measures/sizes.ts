import type { QoS } from '../../../src/types.ts';
import { host } from '../harness/consumers.ts';
import { plainVariants } from '../harness/contestants.ts';
import type { Context, Measure } from '../harness/measure.ts';
import { flooded } from '../harness/synthetic.ts';

/** 256 B are in push.ts. */
const SIZES = [
  { label: '64 B', size: 64 },
  { label: '4 kB', size: 4_096 },
  { label: '256 kB', size: 262_144 },
];

function comparison(context: Context, qos: QoS, label: string, size: number) {
  const [plain] = plainVariants(qos);
  const ours = host(`host, ${context.guests.language} guest`, { guest: context.guests.trivial });
  const consumers = plain === undefined ? [ours] : [plain, ours];
  return {
    title: `push qos ${qos}, ${label}, synthetic`,
    contestants: consumers.map((consumer) => flooded(context, consumer, { qos, size })),
    maxRounds: 3,
  };
}

export const sizeMeasures: readonly Measure[] = [
  {
    name: 'sizes',
    about: 'a trivial handler at qos 0, 1, 2 with 64 B, 4 kB and 256 kB, synthetic broker',
    comparisons: (context) =>
      ([0, 1, 2] as const).flatMap((qos) => SIZES.map(({ label, size }) => comparison(context, qos, label, size))),
  },
];
