import { describe, expect, it } from 'vitest';
import { tempDirectory } from '../support/temp.ts';
import { journalProcess } from './process.ts';
import { open } from './samples.ts';

/** Kills after different amounts of work, so that the kill meets different moments of a commit. */
const AFTER = [1, 40, 333];

describe.each(['process', 'power'])('kill -9 with durability "%s"', (durability) => {
  it.each(AFTER)('loses nothing that resolved (kill after %i writes)', async (count) => {
    const dir = tempDirectory('journal');
    const writer = journalProcess(dir, durability, 'write');
    await writer.waitFor(new RegExp(`^done ${count}$`, 'm'));
    await writer.kill('SIGKILL');
    const resolved = [...writer.stdout().matchAll(/^done (\d+)$/gm)].map((match) => Number(match[1]));

    const journal = await open({ dir });
    const letters = journal.deadLetters.list();
    const kept = letters.map(({ event }) => Number(event.id));
    expect(resolved.length).toBeGreaterThanOrEqual(count);
    expect(kept.slice(0, resolved.length)).toEqual(resolved);
    // Five to a turn, and a turn's commit is whole or absent; what was committed unseen is in order, too.
    expect(kept.length % 5).toBe(0);
    expect(kept).toEqual(kept.map((_, index) => index));
    expect(letters.every(({ event }) => event.data.every((byte) => byte === Number(event.id) % 256))).toBe(true);
  });
});
