import type { QoS } from '../../../src/types.ts';
import { type Consumer, host, mosquittoSub, peer } from './consumers.ts';
import type { Context } from './measure.ts';

/** The two ways of plain mqtt.js that were tried; the faster one here is the one to beat. */
export function plainVariants(qos: QoS): readonly Consumer[] {
  const names = qos === 1 ? ['tuned', 'tuned-acks'] : ['tuned', 'stock'];
  return names.map((variant) => peer(`plain mqtt.js (${variant})`, 'plain.ts', variant));
}

/** Every consumer of the push measures; the first is the one that the others are compared with. */
export function pushConsumers(
  { guests }: Context,
  qos: QoS,
  broker: 'synthetic' | 'Mosquitto' = 'synthetic',
): readonly Consumer[] {
  const { trivial, language, quickJs } = guests;
  const power = qos === 2 ? [host(`host, ${language} guest, power`, { guest: trivial, durability: 'power' })] : [];
  const sub = mosquittoSub(broker === 'Mosquitto' && qos === 2 ? '311' : '5');
  return [
    ...plainVariants(qos),
    host(`host, ${language} guest`, { guest: trivial }),
    ...power,
    ...(quickJs === undefined ? [] : [host('host, QuickJS guest', { guest: quickJs })]),
    { ...peer('host without guest', 'core.ts', 'process'), once: true },
    { ...peer(`mqtt.js, ${language} guest inline`, 'inline.ts', 'tuned', trivial), once: true },
    ...(sub === undefined ? [] : [{ ...sub, once: true }]),
  ];
}
