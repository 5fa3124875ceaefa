import { expect, it } from 'vitest';
import { MayPublish } from '../../src/delivery/may-publish.ts';
import { arrival } from './fixtures.ts';

function some(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const one = arrival(`t/${index}`);
    return Object.assign(one, { event: { ...one.event } });
  });
}

it('finds what may publish by its event, whichever come and go', () => {
  const publishing = new MayPublish();
  const all = some(5);
  const [a, b, c, d, e] = all;
  if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined) throw new Error();
  for (const one of [a, b, c, d]) publishing.add(one);
  publishing.remove(b);
  publishing.add(e);
  publishing.remove(a);
  publishing.remove(e);
  expect(all.map(({ event }) => publishing.find(event))).toEqual([undefined, undefined, c, d, undefined]);
  publishing.remove(d);
  publishing.remove(c);
  expect(publishing.find(c.event)).toBeUndefined();
});

it('lets one go that is not in it, again too', () => {
  const publishing = new MayPublish();
  const [one, other] = some(2);
  if (one === undefined || other === undefined) throw new Error();
  publishing.remove(other);
  publishing.add(one);
  publishing.add(other);
  for (let i = 0; i < 2; i++) publishing.remove(other);
  expect([publishing.find(one.event), publishing.find(other.event)]).toEqual([one, undefined]);
});
