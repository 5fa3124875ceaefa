import type { QoS } from '../../../src/types.ts';
import { pushConsumers } from '../harness/contestants.ts';
import type { Measure } from '../harness/measure.ts';
import { flooded } from '../harness/synthetic.ts';

const QOS = [0, 1, 2] as const satisfies readonly QoS[];

/** Throughput and CPU of a trivial handler against the synthetic broker, where the consumer is the limit. */
export const pushMeasures: readonly Measure[] = QOS.map((qos) => ({
  name: `push-qos${qos}`,
  about: `a trivial handler at qos ${qos}, 256 B, without and with CloudEvents properties, synthetic broker`,
  comparisons: (context) =>
    [false, true].map((cloudEvents) => ({
      title: `push qos ${qos}, 256 B${cloudEvents ? ', CloudEvents' : ''}, synthetic`,
      contestants: pushConsumers(context, qos).map((consumer) => flooded(context, consumer, { qos, cloudEvents })),
      alternatives: { count: 2, by: 'rate' },
    })),
}));
