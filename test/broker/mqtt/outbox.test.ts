import { describe, expect, test } from 'vitest';
import { MemoryOutbox } from '../../../src/broker/mqtt/outbox.ts';
import { outgoing } from '../../support/broker-sessions.ts';

const message = (text: string) => outgoing('t', text, { qos: 2 });
const texts = (outbox: MemoryOutbox) => outbox.rows().map((row) => Buffer.from(row.message.payload).toString());

describe('MemoryOutbox', () => {
  test('keeps rows in first order, whatever is released or deleted', async () => {
    const outbox = new MemoryOutbox();
    const ids = ['a', 'b', 'c', 'd'].map((text) => outbox.add(message(text))?.row.packetId as number);
    expect(new Set(ids).size).toBe(4);
    await outbox.release(ids[0] as number);
    await outbox.delete(ids[1] as number);
    expect(texts(outbox)).toEqual(['a', 'c', 'd']);
    expect(outbox.get(ids[0] as number)?.released).toBe(true);
    expect(outbox.get(ids[1] as number)).toBeUndefined();
    expect(outbox.size).toBe(3);
  });

  test('gives an id out again only after its row is deleted, and as late as possible', async () => {
    const outbox = new MemoryOutbox();
    const first = outbox.add(message('first'))?.row.packetId as number;
    const second = outbox.add(message('second'))?.row.packetId as number;
    await outbox.delete(second);
    const later = Array.from({ length: 65_534 }, () => outbox.add(message('x'))?.row.packetId);
    expect(later).not.toContain(first);
    expect(later.at(-1)).toBe(second);
    expect(outbox.add(message('one too many'))).toBeUndefined();
    await outbox.delete(first);
    expect(outbox.add(message('now'))?.row.packetId).toBe(first);
  });

  test('a lost session gives every row a new id, unreleased, in the same order under the same key', async () => {
    const outbox = new MemoryOutbox();
    const rows = ['a', 'b', 'c'].map((text) => outbox.add(message(text))?.row);
    await outbox.release(rows[0]?.packetId as number);
    await outbox.restart();
    expect(texts(outbox)).toEqual(['a', 'b', 'c']);
    expect(outbox.rows().map(({ key }) => key)).toEqual(rows.map((row) => row?.key));
    expect(outbox.rows().some(({ released }) => released)).toBe(false);
    const old = rows.map((row) => row?.packetId);
    expect(outbox.rows().some(({ packetId }) => old.includes(packetId))).toBe(false);
  });
});
