import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../src/journal.ts';
import { tempDirectory } from '../../support/temp.ts';
import { die, letter, listed, open, refusal } from '../samples.ts';

const FULL: DeadLetter = {
  binding: 'orders',
  topic: 'orders/größe/🜨',
  qos: 2,
  event: {
    id: 'id "quoted" \u0000 \ud800',
    source: '/orders?x=1',
    type: 'com.example.order',
    data: new Uint8Array(Array.from({ length: 256 }, (_, byte) => byte)),
    attributes: {
      time: '2026-01-02T03:04:05Z',
      subject: '',
      datacontenttype: 'text/plain',
      priority: -7,
      urgent: false,
    },
  },
  properties: {
    contentType: 'text/plain',
    responseTopic: 'replies/1',
    correlationData: new Uint8Array([0, 255, 0]),
    expiry: 4_294_967_295,
    userProperties: [
      ['k', 'first'],
      ['k', 'second'],
      ['', ''],
    ],
  },
  retained: true,
  raw: true,
  error: 'rejected: bad \u0000 total\nsecond line',
  attempts: 3,
  firstAt: 1_700_000_000_001,
  deadAt: 1_700_000_000_002,
};

describe('dead letters', () => {
  it('keep every attribute, over a restart too', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    await die(journal, FULL);
    expect(journal.deadLetters.list()).toStrictEqual([listed(1, FULL)]);
    await journal.close();
    expect((await open({ dir })).deadLetters.list()).toStrictEqual([listed(1, FULL)]);
  });

  it('keep what is absent absent and what is empty empty', async () => {
    const journal = await open();
    const { deadLetters } = journal;
    const empty = new Uint8Array(0);
    const none = letter({ event: { id: '', source: '', type: '', data: empty } });
    const blank = letter({ properties: { contentType: '', correlationData: empty, expiry: 0, userProperties: [] } });
    const undef = letter({ properties: { contentType: undefined, correlationData: undefined, userProperties: [] } });
    for (const item of [none, blank, undef]) await die(journal, item);
    const found = deadLetters.list();
    expect(found).toStrictEqual([listed(1, none), listed(2, blank), listed(3)]);
  });

  it('keep data that is part of a larger buffer, as it was when it was added', async () => {
    const journal = await open();
    const { deadLetters } = journal;
    const buffer = Buffer.from('..payload..');
    const event = { ...letter().event, data: buffer.subarray(2, 9) };
    await die(journal, letter({ event }));
    expect(Buffer.from(deadLetters.list()[0]?.event.data ?? []).toString()).toBe('payload');
  });

  it('keep an attribute named like a property of every object', async () => {
    const journal = await open();
    const { deadLetters } = journal;
    const attributes = JSON.parse('{"__proto__": "x", "constructor": "y"}');
    await die(journal, letter({ event: { ...letter().event, attributes } }));
    const kept = deadLetters.list()[0]?.event.attributes ?? {};
    expect(Object.entries(kept)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('are listed in the order in which they died, under ids that are never used again', async () => {
    const dir = tempDirectory('journal');
    const journal = await open({ dir });
    const { deadLetters } = journal;
    const topics = (list: readonly { id: number; topic: string }[]) => list.map(({ id, topic }) => `${id} ${topic}`);
    await Promise.all(['a', 'b', 'c'].map((topic, index) => die(journal, letter({ topic, deadAt: 100 * index }))));
    expect(topics(deadLetters.list())).toEqual(['1 a', '2 b', '3 c']);
    expect(await deadLetters.expire(1_000)).toBe(3);
    await journal.close();
    const again = await open({ dir });
    await die(again, letter({ topic: 'd' }));
    expect(topics(again.deadLetters.list())).toEqual(['4 d']);
  });

  it('expire by their time of death', async () => {
    const journal = await open();
    const { deadLetters } = journal;
    for (const deadAt of [10, 20, 30]) await die(journal, letter({ deadAt }));
    expect(await deadLetters.expire(20)).toBe(1);
    expect(deadLetters.list().map(({ deadAt }) => deadAt)).toEqual([20, 30]);
    expect(await deadLetters.expire(20)).toBe(0);
  });

  it('that make no sense are refused alone, and the journal goes on', async () => {
    const journal = await open();
    const { deadLetters } = journal;
    const outcomes = await Promise.allSettled([
      die(journal, letter({ topic: 'before' })),
      die(journal, letter({ attempts: Number.NaN })),
      die(journal, letter({ firstAt: 12.75, topic: 'after' })),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await refusal(() => die(journal, letter({ deadAt: Number.POSITIVE_INFINITY })), 'deadAt')).toBe(
      'ERR_INTERNAL',
    );
    expect(deadLetters.list().map(({ topic, firstAt }) => [topic, firstAt])).toEqual([
      ['before', letter().firstAt],
      ['after', 12],
    ]);
  });
});
