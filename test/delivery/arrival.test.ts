import { describe, expect, it } from 'vitest';
import { RunningIds } from '../../src/delivery/arrival.ts';
import { arrival, incoming } from './fixtures.ts';

function resumedWith(running = arrival('a', { packetId: 7 })) {
  const ids = new RunningIds();
  ids.add(running);
  ids.connected(true);
  return { ids, running };
}

describe('RunningIds', () => {
  it('adopts a repeat: DUP, same id, same content, resumed session', () => {
    const { ids, running } = resumedWith();
    const [first, again] = [running.message, incoming('a', { packetId: 7, dup: true, epoch: 2 })];
    expect(ids.adopt(again)).toBe(first);
    expect(running.message).toBe(again);
  });

  it.each([
    ['without DUP', incoming('a', { packetId: 7 })],
    ['under another id', incoming('a', { packetId: 8, dup: true })],
    ['with another topic', incoming('b', { packetId: 7, dup: true })],
    ['with another payload', incoming('a', { packetId: 7, dup: true, payload: Buffer.from('other') })],
    [
      'with other properties',
      incoming('a', { packetId: 7, dup: true, properties: { contentType: 'x', userProperties: [] } }),
    ],
    [
      'with other user properties',
      incoming('a', { packetId: 7, dup: true, properties: { userProperties: [['k', 'v']] } }),
    ],
    ['at qos 0', incoming('a', { packetId: 0, qos: 0, dup: true })],
  ])('takes a PUBLISH %s for a new message', (_name, message) => {
    expect(resumedWith().ids.adopt(message)).toBeUndefined();
  });

  it('ignores the expiry, which a broker counts down', () => {
    const { ids, running } = resumedWith(arrival('a', { packetId: 7, properties: { expiry: 60, userProperties: [] } }));
    const again = incoming('a', { packetId: 7, dup: true, properties: { expiry: 12, userProperties: [] } });
    expect(ids.adopt(again)).toBeDefined();
    expect(running.message).toBe(again);
  });

  it('forgets every id with the session', () => {
    const { ids } = resumedWith();
    ids.connected(false);
    ids.connected(true);
    expect(ids.adopt(incoming('a', { packetId: 7, dup: true }))).toBeUndefined();
  });

  it('lets a new message take the id of a running call', () => {
    const { ids, running } = resumedWith();
    const taker = arrival('b', { packetId: 7 });
    ids.add(taker);
    ids.remove(running);
    const [first, again] = [taker.message, incoming('b', { packetId: 7, dup: true })];
    expect(ids.adopt(again)).toBe(first);
  });
});
