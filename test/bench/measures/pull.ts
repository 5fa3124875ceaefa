import { host } from '../harness/consumers.ts';
import { plainVariants } from '../harness/contestants.ts';
import type { Context, Measure } from '../harness/measure.ts';
import { flooded } from '../harness/synthetic.ts';

const PULL = ['delivery = "pull"'];

function consumers({ guests, note }: Context, qos: 1 | 2) {
  const { receiving, streaming } = guests;
  if (receiving === undefined || streaming === undefined) {
    note('pull and stream are left out: their guests are written in Rust');
    return [];
  }
  return [
    ...plainVariants(qos).slice(0, 1),
    host('host, Rust command, receive', { guest: receiving, binding: PULL }),
    host('host, Rust command, stream', { guest: streaming, binding: PULL }),
  ];
}

/** What a command takes that asks for its messages, beside a plain subscriber, which is handed them. */
export const pullMeasures: readonly Measure[] = [
  {
    name: 'pull',
    about: 'receive and stream in a command, qos 1 and 2, 256 B, synthetic broker',
    comparisons: (context) =>
      ([1, 2] as const).map((qos) => ({
        title: `pull qos ${qos}, 256 B, synthetic`,
        contestants: consumers(context, qos).map((consumer) => flooded(context, consumer, { qos })),
      })),
  },
];
