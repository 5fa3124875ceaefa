import { describe, expect, it } from 'vitest';
import type { Transaction } from '../../src/guest.ts';
import { buffered } from '../../src/publish/transaction.ts';
import type { MessageProperties } from '../../src/types.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';

const MIB = 2 ** 20;
const outbox = new MemoryOutbox();

function publishOf(size: number, properties: MessageProperties = { userProperties: [] }) {
  const event = { id: 'i', source: 's', type: 't', data: new Uint8Array(size) };
  return {
    outbox,
    broker: 'b',
    event: { topic: 'out', qos: 1, retain: false, format: 'raw', event, properties },
  } as const;
}

const open = (): Transaction => ({ publishes: [], bytes: 0 });

describe('a transaction', () => {
  it('keeps publishes in order', () => {
    const transaction = open();
    const [first, second] = [publishOf(1), publishOf(2)];
    expect([buffered(transaction, first), buffered(transaction, second)]).toMatchObject([{ ok: true }, { ok: true }]);
    expect(transaction.publishes).toEqual([first, second]);
    expect(transaction.bytes).toBe(2 * 'outist'.length + 3);
  });

  it('is bounded by bytes, everything counted; a refused publish leaves it as it was', () => {
    const transaction = open();
    buffered(transaction, publishOf(15 * MIB));
    const text = 'x'.repeat(MIB);
    const properties: MessageProperties[] = [
      { userProperties: [['k', text]] },
      { userProperties: [], correlationData: new Uint8Array(MIB) },
      { userProperties: [], responseTopic: text },
      { userProperties: [], contentType: text },
    ];
    const before = transaction.bytes;
    for (const more of [publishOf(MIB), ...properties.map((each) => publishOf(0, each))])
      expect(buffered(transaction, more)).toMatchObject({
        ok: false,
        error: { tag: 'other', val: expect.stringContaining('16 MiB') },
      });
    expect([transaction.publishes.length, transaction.bytes]).toEqual([1, before]);
    expect(buffered(transaction, publishOf(10))).toMatchObject({ ok: true });
  });

  it('takes a single publish however large it is', () => {
    expect(buffered(open(), publishOf(17 * MIB))).toMatchObject({ ok: true });
  });

  it('is bounded by number', () => {
    const transaction = open();
    for (let i = 0; i < 10_000; i++) buffered(transaction, publishOf(0));
    expect(buffered(transaction, publishOf(0))).toMatchObject({ error: { val: expect.stringContaining('10000') } });
    expect(transaction.publishes.length).toBe(10_000);
  });
});
