import { type Consumer, type HostSettings, host, peer } from '../harness/consumers.ts';
import type { Comparison, Context, Measure } from '../harness/measure.ts';
import { atMosquitto, findMosquitto } from '../harness/mosquitto.ts';
import { flooded } from '../harness/synthetic.ts';

/** Payloads alone go out, as they do from the plain program. */
const RAW = ['format = "raw"'];

const ALTERNATIVES = { count: 2, by: 'rate' } as const;

/** Beyond what Mosquitto allows a publisher, mqtt.js publishing at qos 2 gets stuck. */
const OVERLAPPING = { synthetic: 100, mosquitto: 20 } as const;

/** As the handlers of the plain program, which keep no order: else as many wait at once as there are topics. */
const UNORDERED = ', order = "none"';
const OVERLAPPING_HOST = { binding: [...RAW, 'order = "none"'], guestTable: ['instances = 32'] };

function peers(qos: 1 | 2, broker: keyof typeof OVERLAPPING): readonly Consumer[] {
  const most = qos === 1 ? OVERLAPPING.synthetic : OVERLAPPING[broker];
  const plain = [most, 1].map((count) => peer(`plain mqtt.js (${count} overlapping)`, 'publishing.ts', String(count)));
  if (qos === 2) return plain;
  // What the host promises, done by hand: not one of the programs that ratios are to.
  return [...plain, peer(`plain mqtt.js (${most}, acknowledging after)`, 'publishing.ts', String(most), 'after')];
}

function hosts({ guests }: Context, qos: 1 | 2): readonly Consumer[] {
  const { publishing, quickJsPublishing } = guests;
  const quickJs =
    quickJsPublishing === undefined ? [] : [host('host, QuickJS guest', { guest: quickJsPublishing, binding: RAW })];
  if (publishing === undefined) return quickJs;
  const rust = (name: string, more: Partial<HostSettings>) =>
    host(`host, Rust guest${name}`, { guest: publishing, binding: RAW, ...more });
  const further =
    qos === 2
      ? [rust(', power', { durability: 'power' })]
      : [rust(UNORDERED, OVERLAPPING_HOST), rust(', transactional', { binding: [...RAW, 'transactional = true'] })];
  return [rust('', {}), ...further, ...quickJs];
}

function comparisons(context: Context, qos: 1 | 2): readonly Comparison[] {
  const program = findMosquitto();
  const title = `push and one publish, qos ${qos}, 256 B`;
  const ours = hosts(context, qos);
  const flood = [...peers(qos, 'synthetic'), ...ours].map((one) => flooded(context, one, { qos }));
  const synthetic = { title: `${title}, synthetic`, contestants: flood, alternatives: ALTERNATIVES };
  if (program === undefined) return [synthetic];
  const contestants = [...peers(qos, 'mosquitto'), ...ours].map((one) => atMosquitto(context, program, one, { qos }));
  return [{ title: `${title}, Mosquitto`, contestants, alternatives: ALTERNATIVES }, synthetic];
}

/** A handler that publishes one message: confirmed before it returns at qos 1, in its transaction at qos 2. */
export const publishMeasures: readonly Measure[] = ([1, 2] as const).map((qos) => ({
  name: `publish-qos${qos}`,
  about: `push and one publish a message, ${qos === 1 ? 'confirmed' : 'transactional'}, qos ${qos}, both brokers`,
  comparisons: (context) => comparisons(context, qos),
}));
