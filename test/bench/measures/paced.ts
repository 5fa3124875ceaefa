import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer } from '../harness/consumers.ts';
import { host } from '../harness/consumers.ts';
import { plainVariants, pushConsumers } from '../harness/contestants.ts';
import type { Contestant, Context, Measure } from '../harness/measure.ts';
import { when } from '../harness/sampling.ts';
import { flooded, START_TIMEOUT, withSynthetic } from '../harness/synthetic.ts';

/** Messages a second: what every consumer takes, so that none is dropped and batches are small. */
const CPU_RATE = 5_000;
const LATENCY_RATE = 1_000;
/** Of the latency measure, so that no id is missing while a message takes long. */
const WIDE_WINDOW = 5_000;

function latency(context: Context, consumer: Consumer): Contestant {
  const feeding = { qos: 1, rate: LATENCY_RATE, window: WIDE_WINDOW } as const;
  return {
    name: consumer.name,
    run: () =>
      withSynthetic(context, consumer, feeding, async ({ consumer: running, report }) => {
        await when(running, 1, START_TIMEOUT);
        await delay((2 * context.warmUp + context.seconds) * 1_000);
        const { latency: found } = await report();
        if (found === undefined) throw new Error('no message was acknowledged in time');
        return { p50: found.p50, p99: found.p99 };
      }),
  };
}

/** What a message costs and how long it takes where nothing is saturated. */
export const pacedMeasures: readonly Measure[] = [
  {
    name: 'cpu-paced',
    about: `CPU a message at ${CPU_RATE} messages/s, CloudEvents, qos 0, 1, 2, synthetic broker`,
    comparisons: (context) =>
      ([0, 1, 2] as const).map((qos) => ({
        title: `${CPU_RATE} messages/s, qos ${qos}, 256 B, CloudEvents`,
        contestants: pushConsumers(context, qos).map((consumer) =>
          flooded(context, consumer, { qos, cloudEvents: true, rate: CPU_RATE, window: WIDE_WINDOW }),
        ),
        alternatives: { count: 2, by: 'cpu' },
        maxRounds: 2,
      })),
  },
  {
    name: 'latency',
    about: `from PUBLISH to PUBACK at ${LATENCY_RATE} messages/s, qos 1, acknowledged after the handler`,
    comparisons: (context) => {
      const ours = host(`host, ${context.guests.language} guest`, { guest: context.guests.trivial });
      const contestants = [...plainVariants(1), ours].map((consumer) => latency(context, consumer));
      return [
        { title: `latency, ${LATENCY_RATE} messages/s, qos 1`, contestants, alternatives: { count: 2, by: 'p50' } },
      ];
    },
  },
];
