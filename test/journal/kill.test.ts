import { describe, expect, it } from 'vitest';
import { tempDirectory } from '../support/temp.ts';
import { journalProcess } from './process.ts';
import { open, session } from './samples.ts';

/** Kills after different amounts of work, so that the kill meets different moments of a commit. */
const AFTER = [1, 40, 333];

describe.each(['process', 'power'])('kill -9 with durability "%s"', (durability) => {
  it.each(AFTER)('loses nothing that resolved, and parts nothing (kill after %i settlements)', async (count) => {
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
    expect(kept).toEqual(kept.map((_, index) => index + 1));
    expect(letters.every(({ event }) => event.data.every((byte) => byte === Number(event.id) % 256))).toBe(true);

    // Marker, publish, handled event and dead letter are there together or not at all.
    const [inbox, outbox] = [journal.inbox('b0', session()), await journal.outbox('app-pub', 'b0')];
    const sent = outbox.ready().map((row) => Number(outbox.load(row)?.event.id));
    expect(sent).toEqual(kept);
    const ids = [...kept, kept.length + 1, kept.length + 2];
    const marked = ids.filter((id) => inbox.isMarked({ packetId: id, digest: `digest ${id}` }));
    expect(marked).toEqual(kept);
    expect(ids.filter((id) => inbox.wasHandled('/', String(id)))).toEqual(kept);
  });
});
