import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/delivery/digest.ts';
import type { IncomingMessage, MessageProperties } from '../../src/types.ts';
import { incoming } from './fixtures.ts';

const PROPERTIES: MessageProperties = {
  contentType: 'text/plain',
  responseTopic: 'answers/1',
  correlationData: new Uint8Array([0, 127, 128, 255]),
  userProperties: [
    ['id', '1'],
    ['source', 'café 🜁'],
  ],
};

const message = (changed: Partial<IncomingMessage> = {}) =>
  incoming('a/b', { packetId: 7, qos: 2, payload: Buffer.from('payload'), properties: PROPERTIES, ...changed });

const withProperties = (changed: Partial<MessageProperties>) => message({ properties: { ...PROPERTIES, ...changed } });

const plain = (changed: Partial<MessageProperties>) =>
  message({ properties: { userProperties: [], ...changed }, payload: new Uint8Array() });

describe('digestOf', () => {
  it('is what markers and attempts in journals are kept under, so it stays as it is', () => {
    expect(digestOf(message())).toBe('P0UTjt6EH8Lbq2mf-BLcsG');
    expect(digestOf(plain({}))).toBe('mwOXQCkIR76juYT3DwZ66l');
  });

  it('does not tell a message from itself sent again', () => {
    const again = message({ epoch: 2, dup: true, properties: { ...PROPERTIES, expiry: 3 } });
    expect(digestOf(again)).toBe(digestOf(message()));
  });

  it('tells messages apart by everything else in them', () => {
    const others = [
      message(),
      message({ topic: 'a/c' }),
      message({ qos: 1 }),
      message({ retained: true }),
      message({ payload: Buffer.from('paylaod') }),
      message({ payload: new Uint8Array() }),
      withProperties({ contentType: 'text/html' }),
      withProperties({ contentType: undefined }),
      withProperties({ contentType: '' }),
      withProperties({ responseTopic: undefined }),
      withProperties({ correlationData: new Uint8Array([0, 127, 129, 255]) }),
      withProperties({ correlationData: new Uint8Array() }),
      withProperties({ correlationData: undefined }),
      withProperties({ userProperties: [] }),
      withProperties({ userProperties: [...PROPERTIES.userProperties].reverse() }),
      withProperties({ userProperties: [...PROPERTIES.userProperties, ['', '']] }),
    ];
    expect(new Set(others.map(digestOf)).size).toBe(others.length);
  });

  it('takes no text for a part of the one before it', () => {
    const alike = [
      plain({ contentType: 'ab', responseTopic: 'c' }),
      plain({ contentType: 'a', responseTopic: 'bc' }),
      plain({ contentType: 'abc' }),
      plain({ responseTopic: 'abc' }),
      plain({ userProperties: [['ab', 'c']] }),
      plain({ userProperties: [['a', 'bc']] }),
      plain({
        userProperties: [
          ['a', 'b'],
          ['c', ''],
        ],
      }),
    ];
    expect(new Set(alike.map(digestOf)).size).toBe(alike.length);
  });

  it.each([
    ['short and ASCII', 'x'.repeat(64)],
    ['longer', 'x'.repeat(65)],
    ['not ASCII from some place on', `${'x'.repeat(40)}é`],
    ['not ASCII', '🜁'.repeat(30)],
    ['larger than the buffer that is kept', '🜁'.repeat(30_000)],
  ])('reads a text to its end, which is %s', (_, text) => {
    const ends = [text, `${text}x`, `${text}y`, text.slice(0, -1)];
    const digests = ends.map((value) => digestOf(plain({ userProperties: [['name', value]] })));
    expect(new Set(digests).size).toBe(ends.length);
  });

  it.each([1_000, 65_000, 65_536, 200_000])(
    'reads a payload of %i bytes to its end, and nothing of one before',
    (size) => {
      const [zeros, end] = [new Uint8Array(size), new Uint8Array(size)];
      end[size - 1] = 1;
      const digest = digestOf(message({ payload: zeros }));
      expect(digestOf(message({ payload: end }))).not.toBe(digest);
      expect(digestOf(message({ payload: new Uint8Array(size) }))).toBe(digest);
    },
  );
});
