import { describe, expect, test } from 'vitest';
import { OpenIds } from '../../../../src/broker/mqtt/publisher/open-ids.ts';

interface One {
  readonly packetId: number;
  readonly turn: number;
}

describe('what is open by packet id', () => {
  test('is found, and listed in order, as in a map, whatever ids there are', () => {
    const [ids, map] = [new OpenIds<One>(), new Map<number, One>()];
    let [turn, state] = [0, 7];
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % below;
    };
    for (let step = 0; step < 20_000; step++) {
      const packetId = random(3) === 0 ? random(65_536) : random(40) * 64;
      if (random(5) < 1 || map.size > 300) {
        for (const id of map.size > 300 ? [...map.keys()].slice(0, 3) : [packetId]) {
          map.delete(id);
          ids.delete(id);
        }
      } else {
        const one = { packetId, turn: turn++ };
        map.delete(packetId);
        map.set(packetId, one);
        ids.set(one);
      }
      expect(ids.size).toBe(map.size);
      expect(ids.get(packetId)).toBe(map.get(packetId));
    }
    expect(map.size).toBeGreaterThan(200);
    expect(ids.all()).toEqual([...map.values()]);
    for (let id = 0; id < 65_536; id++) expect(ids.get(id)).toBe(map.get(id));
  });
});
