import type { QoS } from '../../../src/types.ts';
import { type Consumer, host } from '../harness/consumers.ts';
import { plainVariants } from '../harness/contestants.ts';
import type { Context, Measure } from '../harness/measure.ts';
import { atMosquitto, findMosquitto } from '../harness/mosquitto.ts';
import { flooded } from '../harness/synthetic.ts';

/** 256 B are in push.ts and mosquitto.ts. */
const SIZES = [
  { label: '64 B', bytes: 64 },
  { label: '4 kB', bytes: 4_096 },
  { label: '256 kB', bytes: 262_144 },
];

function consumers({ guests }: Context, qos: QoS): readonly Consumer[] {
  return [...plainVariants(qos).slice(0, 1), host(`host, ${guests.language} guest`, { guest: guests.trivial })];
}

const synthetic = ([0, 1, 2] as const).flatMap((qos) =>
  SIZES.map(({ label, bytes }): Measure => {
    const title = `push qos ${qos}, ${label}, synthetic`;
    return {
      name: `size-${bytes}-qos${qos}`,
      about: `a trivial handler at qos ${qos}, ${label}, synthetic broker`,
      comparisons: (context) => {
        const contestants = consumers(context, qos).map((one) => flooded(context, one, { qos, size: bytes }));
        return [{ title, contestants, maxRounds: 2 }];
      },
    };
  }),
);

const mosquitto = SIZES.map(
  ({ label, bytes }): Measure => ({
    name: `mosquitto-size-${bytes}`,
    about: `a trivial handler at qos 1, ${label}, Mosquitto, a backlog`,
    comparisons: (context) => {
      const program = findMosquitto();
      if (program === undefined) return [];
      const feeding = { qos: 1, size: bytes } as const;
      const contestants = consumers(context, 1).map((one) => atMosquitto(context, program, one, feeding));
      return [{ title: `push qos 1, ${label}, Mosquitto`, contestants, maxRounds: 2 }];
    },
  }),
);

export const sizeMeasures: readonly Measure[] = [...mosquitto, ...synthetic];
