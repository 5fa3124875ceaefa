import { describe, expect, it } from 'vitest';
import { load } from '../../src/delivery/lanes.ts';
import { spilled } from './fixtures.ts';
import { MemoryJournal } from './memory-journal.ts';

function holding(...sizes: number[]): MemoryJournal {
  const journal = new MemoryJournal();
  const events = sizes.map((size, n) => ({ id: `${n}`, source: '/s', type: 't', data: Buffer.alloc(size) }));
  journal.replay(...events.map((event, n) => spilled(n === 0 ? 'first' : 'a', { event })));
  return journal;
}
const rows = (found: ReturnType<typeof load>) => found.arrivals.map(({ row }) => row);

describe('load', () => {
  it('takes what comes after a row, of one topic or of all, and says whether there is more', () => {
    const journal = holding(1, 1, 1);
    expect(load(journal, 0, 8)).toMatchObject({ more: false, small: true });
    expect(rows(load(journal, 0, 8))).toEqual([1, 2, 3]);
    expect(rows(load(journal, 0, 8, 'a'))).toEqual([2, 3]);
    expect([rows(load(journal, 2, 1)), load(journal, 2, 1).more]).toEqual([[3], true]);
    expect(load(journal, 3, 1)).toEqual({ arrivals: [], more: false, small: true });
  });

  it('keeps a few small messages or one that is large in memory', () => {
    const large = 200 * 1024;
    const some = load(holding(large, large, large), 0, 8);
    expect([rows(some), some.more, some.small]).toEqual([[1], true, false]);
    const one = load(holding(large * 2), 0, 8);
    expect([rows(one), one.more, one.small]).toEqual([[1], false, false]);
    const mixed = load(holding(1, 1, large * 2, 1), 0, 8);
    expect([rows(mixed), mixed.more]).toEqual([[1, 2], true]);
  });
});
