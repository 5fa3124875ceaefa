import { expect, it } from 'vitest';
import { Room } from '../../src/delivery/room.ts';
import { arrival } from './fixtures.ts';

const of = (size: number) =>
  Object.assign(arrival('a'), { event: { ...arrival('a').event, data: Buffer.alloc(size) } });

it('is bounded by number and by bytes, and a single message may be larger', () => {
  const room = new Room(2, 100);
  expect([room.free, room.exceeded]).toEqual([2, false]);
  const large = of(500);
  room.take(large);
  expect([room.free, room.exceeded]).toEqual([0, false]);
  room.take(of(1));
  expect([room.free, room.exceeded]).toEqual([0, true]);
  room.give(large);
  expect([room.free, room.exceeded]).toEqual([1, false]);
  room.take(of(1));
  room.take(of(1));
  expect([room.free, room.exceeded]).toEqual([0, true]);
});
