import { describe, expect, it } from 'vitest';
import { Arrival } from '../../src/delivery/arrival.ts';
import { arrival, incoming, spilled } from './fixtures.ts';

describe('Arrival', () => {
  it('is named by its packet id and digest until it loses them', () => {
    const one = arrival('a', { packetId: 7, qos: 2 });
    expect(one.id).toEqual({ packetId: 7, digest: expect.stringMatching(/^[\w-]{22}$/) });
    one.identified = false;
    expect(one.id).toBeUndefined();
    expect(arrival('a', { packetId: 0, qos: 0 }).id).toBeUndefined();
  });

  it('is held by its newest PUBLISH; those of connections that are gone are given back', () => {
    const first = incoming('a', { epoch: 1 });
    const one = arrival('a');
    one.held = first;
    const again = incoming('a', { epoch: 2, dup: true });
    expect(one.hold(again)).toEqual([first]);
    expect(one.held).toBe(again);
    expect(one.surrender()).toEqual([again]);
    expect([one.held, one.surrender()]).toEqual([undefined, []]);
  });

  it('owes every PUBLISH of one connection an acknowledgement, with its result and in order', () => {
    const one = arrival('a', { epoch: 1 });
    const first = one.held;
    const [second, third] = [incoming('a', { dup: true }), incoming('a', { epoch: 2, dup: true })];
    expect(one.hold(second)).toEqual([]);
    expect(one.hold(third)).toEqual([first, second]);
    expect(one.surrender()).toEqual([third]);
  });

  it('leaves its acknowledgement to one that takes its id on the same connection', () => {
    const [loser, taker] = [arrival('a', { packetId: 3 }), arrival('b', { packetId: 3 })];
    const order = [loser.held, taker.held];
    loser.yieldTo(taker);
    expect([loser.identified, loser.surrender(), taker.surrender()]).toEqual([false, [], order]);
  });

  it('keeps its own where it came on another connection, to make room with', () => {
    const [loser, taker] = [arrival('a', { epoch: 1 }), arrival('b', { epoch: 2 })];
    loser.yieldTo(taker);
    expect([loser.surrender().length, taker.surrender().length]).toEqual([1, 1]);
  });

  it('is spilled with its attempts and its marker, and comes back the same', () => {
    const one = arrival('a', { qos: 2, retained: true, properties: { userProperties: [['k', 'v']] } });
    one.inherit({ attempts: 3, firstAt: 77 });
    const spill = one.toSpill('text/plain');
    expect(spill).toMatchObject({ id: one.id, marker: true, attempts: 3, firstAt: 77, raw: true });
    const back = Arrival.ofSpilled({ ...spill, row: 5 });
    expect(back).toMatchObject({ row: 5, attempts: 3, firstAt: 77, raw: true, identified: false, held: undefined });
    expect(back.content).toMatchObject({ topic: 'a', qos: 2, retained: true, dup: false });
    expect(back.content.properties).toEqual({ contentType: 'text/plain', userProperties: [['k', 'v']] });
    expect(back.event).toEqual(one.event);
    expect(Arrival.ofSpilled({ ...spilled('a'), row: 1 }).id).toBeUndefined();
  });

  it.each(['dup', 'repeated'] as const)('may have been handled before where it is %s, spilled or not', (how) => {
    const one = arrival('a', { dup: how === 'dup' });
    one.repeated = how === 'repeated';
    const back = Arrival.ofSpilled({ ...one.toSpill(undefined), row: 5 });
    expect([one.delivery, back.delivery]).toMatchObject([
      { redelivered: true, attempt: 1 },
      { redelivered: true, attempt: 1 },
    ]);
    expect(arrival('a').delivery.redelivered).toBe(false);
  });
});
