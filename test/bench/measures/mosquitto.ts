import type { QoS } from '../../../src/types.ts';
import { pushConsumers } from '../harness/contestants.ts';
import type { Measure } from '../harness/measure.ts';
import { atMosquitto, findMosquitto } from '../harness/mosquitto.ts';

const QOS = [0, 1, 2] as const satisfies readonly QoS[];

/** The same as push.ts with a real broker, which often is the limit. */
export const mosquittoMeasures: readonly Measure[] = QOS.map((qos) => ({
  name: `mosquitto-qos${qos}`,
  about: `a trivial handler at qos ${qos}, 256 B, Mosquitto${qos === 0 ? '' : ', a backlog'}`,
  comparisons: (context) => {
    const program = findMosquitto();
    if (program === undefined) {
      context.note('mosquitto is not installed: everything with it is left out');
      return [];
    }
    const consumers = pushConsumers(context, qos, 'Mosquitto');
    return [
      {
        title: `push qos ${qos}, 256 B, Mosquitto`,
        contestants: consumers.map((consumer) => atMosquitto(context, program, consumer, { qos })),
        alternatives: { count: 2, by: 'rate' },
      },
    ];
  },
}));
