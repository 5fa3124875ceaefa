import { type Consumer, host, peer } from '../harness/consumers.ts';
import type { Comparison, Context, Measure } from '../harness/measure.ts';
import { atMosquitto, findMosquitto } from '../harness/mosquitto.ts';
import { flooded } from '../harness/synthetic.ts';

/** Payloads alone go out, as they do from the plain program. */
const RAW = ['format = "raw"'];

function consumers({ guests }: Context, qos: 1 | 2): readonly Consumer[] {
  const { publishing, quickJsPublishing } = guests;
  const peers = ['overlapping', 'serial'].map((how) => peer(`plain mqtt.js (${how})`, 'publishing.ts', how));
  const levels = qos === 2 ? (['process', 'power'] as const) : (['process'] as const);
  const hosts = levels.flatMap((durability) => [
    ...(publishing === undefined
      ? []
      : [
          host(`host, Rust guest${qos === 2 ? `, ${durability}` : ''}`, {
            guest: publishing,
            binding: RAW,
            durability,
          }),
        ]),
  ]);
  const transactional = { binding: [...RAW, 'transactional = true'] };
  return [
    ...peers,
    ...hosts,
    ...(qos === 1 && publishing !== undefined
      ? [host('host, Rust guest, transactional', { guest: publishing, ...transactional })]
      : []),
    ...(quickJsPublishing === undefined
      ? []
      : [host('host, QuickJS guest', { guest: quickJsPublishing, binding: RAW })]),
  ];
}

function comparisons(context: Context, qos: 1 | 2): readonly Comparison[] {
  const program = findMosquitto();
  const title = `push and one publish, qos ${qos}, 256 B`;
  const each = consumers(context, qos);
  const synthetic = { title: `${title}, synthetic`, contestants: each.map((one) => flooded(context, one, { qos })) };
  if (program === undefined) return [synthetic];
  const contestants = each.map((one) => atMosquitto(context, program, one, { qos }));
  return [synthetic, { title: `${title}, Mosquitto`, contestants }];
}

/** A handler that publishes one message: confirmed before it returns at qos 1, in its transaction at qos 2. */
export const publishMeasures: readonly Measure[] = ([1, 2] as const).map((qos) => ({
  name: `publish-qos${qos}`,
  about: `push and one publish a message, ${qos === 1 ? 'confirmed' : 'transactional'}, qos ${qos}, both brokers`,
  comparisons: (context) => comparisons(context, qos),
}));
