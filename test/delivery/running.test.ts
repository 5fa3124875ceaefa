import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/delivery/digest.ts';
import { RunningIds } from '../../src/delivery/running.ts';
import { arrival, incoming } from './fixtures.ts';

const base = { packetId: 7, qos: 2 } as const;
const full = { contentType: 'x', responseTopic: 'r', correlationData: Buffer.from('c'), expiry: 60 };
const properties = { ...full, userProperties: [['k', 'v']] as const };
const message = incoming('a', { ...base, properties });

const others: [string, Parameters<typeof incoming>][] = [
  ['topic', ['b', { ...base, properties }]],
  ['payload', ['a', { ...base, properties, payload: Buffer.from('other') }]],
  ['qos', ['a', { ...base, qos: 1, properties }]],
  ['retain flag', ['a', { ...base, retained: true, properties }]],
  ['content type', ['a', { ...base, properties: { ...properties, contentType: 'y' } }]],
  ['no content type', ['a', { ...base, properties: { ...properties, contentType: undefined } }]],
  ['response topic', ['a', { ...base, properties: { ...properties, responseTopic: 's' } }]],
  ['correlation data', ['a', { ...base, properties: { ...properties, correlationData: Buffer.from('d') } }]],
  ['no correlation data', ['a', { ...base, properties: { ...properties, correlationData: undefined } }]],
  ['user properties', ['a', { ...base, properties: { ...properties, userProperties: [['k', 'w']] } }]],
  [
    'more user properties',
    ['a', { ...base, properties: { ...properties, userProperties: [...properties.userProperties, ['k', 'v']] } }],
  ],
];

describe('digestOf', () => {
  it.each(others)('tells another %s', (_name, args) => {
    expect(digestOf(incoming(...args))).not.toBe(digestOf(message));
  });

  it('is the same for the same message sent again, whose expiry the broker has counted down', () => {
    const again = { ...base, dup: true, epoch: 2, properties: { ...properties, expiry: 12 } };
    expect(digestOf(incoming('a', again))).toBe(digestOf(message));
    expect(digestOf(message)).toMatch(/^[\w-]{22}$/);
  });

  it('knows where the properties end and the payload begins', () => {
    const at = (topic: string, payload: string) => digestOf(incoming(topic, { payload: Buffer.from(payload) }));
    expect(at('a\n', 'b')).not.toBe(at('a', '\nb'));
    expect(at('a', '')).not.toBe(at('a', '\n'));
  });
});

describe('RunningIds', () => {
  const holding = () => {
    const ids = new RunningIds();
    const running = arrival('a', { ...base, properties });
    ids.add(running);
    return { ids, running };
  };

  it('knows the message that is held under an id again', () => {
    const { ids, running } = holding();
    const again = { ...base, dup: true, epoch: 2, properties: { ...properties, expiry: 12 } };
    expect(ids.repeated(incoming('a', again))).toBe(running);
    expect(ids.repeated(incoming('a', { ...again, packetId: 8 }))).toBeUndefined();
  });

  it.each(others)('takes one with another %s for another message', (_name, args) => {
    expect(holding().ids.repeated(incoming(...args))).toBeUndefined();
  });

  it('gives an id to the message that came last', () => {
    const { ids, running } = holding();
    const taker = arrival('b', base);
    expect(ids.add(taker)).toBe(true);
    expect([running.identified, taker.identified]).toEqual([false, true]);
    ids.remove(running);
    expect(ids.repeated(incoming('b', base))).toBe(taker);
    ids.remove(taker);
    expect(ids.repeated(incoming('b', base))).toBeUndefined();
    expect(ids.add(arrival('c', base))).toBe(false);
  });

  it('takes an id from whoever has it', () => {
    const { ids, running } = holding();
    ids.take(7);
    ids.take(8);
    expect([running.identified, ids.repeated(message)]).toEqual([false, undefined]);
  });

  it('forgets every id with the session', () => {
    const { ids, running } = holding();
    ids.clear();
    expect([running.identified, ids.repeated(message)]).toEqual([false, undefined]);
  });

  it('keeps nothing of QoS 0', () => {
    const ids = new RunningIds();
    expect([ids.add(arrival('a', { qos: 0, packetId: 0 })), ids.add(arrival('b', { qos: 0, packetId: 0 }))]).toEqual([
      false,
      false,
    ]);
  });
});
