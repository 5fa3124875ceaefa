import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostError } from '../../../src/errors.ts';
import { assemble } from '../../../src/journal/assemble.ts';
import { diskFullText, Pressures } from '../../../src/journal/database/pressure.ts';
import { DiskSpace } from '../../../src/journal/database/space.ts';
import { type Journal, openJournal, type Pressure, purgeDeadLetters } from '../../../src/journal/index.ts';
import { atEnd } from '../../support/cleanup.ts';
import { eventually } from '../../support/eventually.ts';
import { makeDirectory, removeDirectory, tempDirectory } from '../../support/temp.ts';
import { die, letter, open, openBare, outgoing, refusal, session, settlement } from '../samples.ts';

const big = letter({ event: { ...letter().event, data: new Uint8Array(20_000) } });

describe('a file that may not grow', () => {
  /** A journal whose file is at its bound, as SQLite sees a full disk, and tries again every 20 ms. */
  async function bounded() {
    const dir = tempDirectory('journal');
    const opened = openBare(dir);
    const told: (string | undefined)[] = [];
    const failures: HostError[] = [];
    const pressures = new Pressures((pressure) => told.push(pressure?.reason));
    const space = new DiskSpace(dir, (full) => pressures.set('disk-full', full ? diskFullText(dir) : undefined));
    space.prepare();
    const retry = { fullInterval: 20 };
    const onFailure = (error: HostError) => failures.push(error);
    const journal = assemble({ opened, folder: dir, space, pressures, stateMax: 1e9, onFailure, retry });
    atEnd(() => journal.close());
    await journal.sessions.save(session());
    await die(journal, letter({ topic: 'safe' }));
    const pragma = (text: string) => opened.database.prepare(`PRAGMA ${text}`).get();
    const pages = Number(pragma('page_count')?.page_count);
    pragma(`max_page_count = ${pages + 2}`);
    return { dir, journal, told, failures, grow: () => pragma('max_page_count = 100000') };
  }

  it('keeps what is asked for, in order, and commits all of it once there is room; memory follows once', async () => {
    const { dir, journal, told, failures, grow } = await bounded();
    const inbox = journal.inbox('b0', session());
    const outbox = await journal.outbox('app-pub', 'b0');
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const ready: number[] = [];
    outbox.onReady((rows) => ready.push(...rows.map(({ packetId }) => packetId)));
    const publishes = [{ outbox, broker: 'b', event: outgoing() }];
    const id = { packetId: 1, digest: 'x' };
    const writes = [
      inbox.settle(settlement({ id, marker: true, publishes })).then(note('settled')),
      die(journal, big).then(note('dead')),
      inbox.released(1).then(note('released')),
    ];
    await eventually(() => expect(told).toEqual(['disk-full']));
    writes.push(journal.sessions.save(session({ inDoubt: true })).then(note('saved')));
    expect([inbox.isMarked(id), outbox.ready().length, order]).toEqual([false, 0, []]);
    expect(journal.deadLetters.list().map(({ topic }) => topic)).toEqual(['safe']);
    grow();
    await Promise.all(writes);
    expect(order).toEqual(['settled', 'dead', 'released', 'saved']);
    expect([inbox.isMarked(id), ready, outbox.ready().length]).toEqual([false, [1], 1]);
    expect(journal.size()).toMatchObject({ unsent: 1, deadLetters: 2 });
    expect(failures).toEqual([]);
    await eventually(() => expect(told).toEqual(['disk-full', undefined]));
    expect(statSync(join(dir, 'ballast')).size).toBe(1024 * 1024);
    await journal.close();
    const again = await open({ dir });
    expect(again.size()).toMatchObject({ unsent: 1, deadLetters: 2 });
    expect(again.sessions.all()).toMatchObject([{ inDoubt: true }]);
  });

  it('is not waited for when the journal is closed: what is not committed rejects', async () => {
    const { journal, told, dir } = await bounded();
    const dying = die(journal, big).catch((error: HostError) => error.code);
    await eventually(() => expect(told).toEqual(['disk-full']));
    await journal.close();
    expect(await dying).toBe('ERR_STATE_FULL');
    expect((await open({ dir })).deadLetters.list().map(({ topic }) => topic)).toEqual(['safe']);
  });
});

/** Mounts a disk of 6 MiB; false where this user may mount none. */
function mountSmallDisk(dir: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function unmount(dir: string): void {
  execFileSync('umount', ['-l', dir]);
}

/** Outside a test nothing is cleaned up but by hand. */
function canMountDisks(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const dir = makeDirectory('disk');
  const mounted = mountSmallDisk(dir);
  if (mounted) unmount(dir);
  removeDirectory(dir);
  return mounted;
}

/** Takes all the room there is; the result gives it back. */
function fill(disk: string): () => void {
  const path = join(disk, 'filler');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4_096, 1);
  try {
    for (;;) writeSync(file, block);
  } catch {
    // Full.
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}

describe.skipIf(!canMountDisks())('a disk that is full (needs root, which may mount one)', () => {
  function disk(): { disk: string; dir: string } {
    const made = tempDirectory('disk');
    expect(mountSmallDisk(made)).toBe(true);
    atEnd(() => unmount(made));
    return { disk: made, dir: join(made, 'state') };
  }

  async function opened(dir: string): Promise<{ journal: Journal; told: (Pressure | undefined)[] }> {
    const told: (Pressure | undefined)[] = [];
    const journal = await openJournal({ dir, durability: 'power', onPressure: (pressure) => told.push(pressure) });
    // Before the disk is unmounted.
    atEnd(() => journal.close());
    return { journal, told };
  }

  it('stops intake, lets what is under way end out of its ballast, and goes on by itself', async () => {
    const { disk: mounted, dir } = disk();
    const { journal, told } = await opened(dir);
    await journal.sessions.save(session());
    const inbox = journal.inbox('b0', session());
    for (let packetId = 1; packetId <= 50; packetId++)
      await inbox.settle(settlement({ id: { packetId, digest: 'x' }, marker: true }));
    const free = fill(mounted);
    const written: Promise<void>[] = [];
    while (told.length === 0) {
      written.push(die(journal, big));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(told).toMatchObject([{ reason: 'disk-full', text: expect.stringContaining(dir) }]);
    // A deletion needs room, too: the ballast gives it.
    const released = await Promise.all(Array.from({ length: 50 }, (_, index) => inbox.released(index + 1)));
    expect(released).toEqual(Array.from({ length: 50 }, () => true));
    free();
    await Promise.all(written);
    await eventually(() => expect(told.at(-1)).toBeUndefined());
    expect(existsSync(join(dir, 'ballast'))).toBe(true);
    expect(journal.deadLetters.list()).toHaveLength(written.length);
  });

  it('lets a host start that ran there before, which says that it is full', async () => {
    const { disk: mounted, dir } = disk();
    const before = await opened(dir);
    await die(before.journal);
    await before.journal.close();
    const free = fill(mounted);
    const { journal, told } = await opened(dir);
    await eventually(() => expect(told).toMatchObject([{ reason: 'disk-full' }]));
    expect(journal.deadLetters.list()).toHaveLength(1);
    await journal.deadLetters.expire(Number.MAX_SAFE_INTEGER);
    expect(journal.deadLetters.list()).toEqual([]);
    free();
    await eventually(() => expect(told.at(-1)).toBeUndefined());
  });

  it('lets a stopped app be purged', async () => {
    const { disk: mounted, dir } = disk();
    const before = await opened(dir);
    await die(before.journal, big);
    await before.journal.close();
    fill(mounted);
    expect(await purgeDeadLetters(dir, 'all')).toEqual({ applied: 'now', ids: [1], unknown: [] });
  });

  it('refuses a first start with a clear error', async () => {
    const { disk: mounted, dir } = disk();
    fill(mounted);
    expect(await refusal(() => openJournal({ dir, durability: 'power' }), dir, /room/)).toBe('ERR_STATE_FULL');
  });
});

describe('state_max', () => {
  it('stops intake at the bound and lets it go on below nine tenths; nothing is refused', async () => {
    const dir = tempDirectory('journal');
    const told: (Pressure | undefined)[] = [];
    const options = { dir, stateMax: 100_000, onPressure: (pressure?: Pressure) => told.push(pressure) };
    const journal = await open(options);
    const sized = (bytes: number) => letter({ event: { ...letter().event, data: new Uint8Array(bytes) } });
    await die(journal, sized(93_000));
    await die(journal, { ...sized(5_000), deadAt: 2 });
    expect(told).toEqual([]);
    await die(journal, sized(2_000));
    expect(told).toMatchObject([
      { reason: 'state-max', text: expect.stringMatching(/holds 0\.1 MiB .*state_max is 0\.1 MiB.*host dlq purge/) },
    ]);
    await die(journal, sized(2_000));
    expect(told).toHaveLength(1);
    await die(journal, { ...sized(1_000), deadAt: 1 });
    expect(told).toHaveLength(1);
    await journal.close();

    const again = await open(options);
    await eventually(() => expect(told).toHaveLength(2));
    expect(told[1]).toMatchObject({ reason: 'state-max' });
    expect(again.size()).toMatchObject({ max: 100_000, deadLetters: 5 });
    const small = again.size().bytes;
    expect(await again.deadLetters.expire(2)).toBe(1);
    // Below the bound, but not below nine tenths of it.
    expect(await again.deadLetters.expire(3)).toBe(1);
    expect([again.size().bytes < small, again.size().bytes < 100_000, told.length]).toEqual([true, true, 2]);
    await again.deadLetters.expire(letter().deadAt + 1);
    expect(told[2]).toBeUndefined();
    expect([told.length, again.size().bytes]).toEqual([3, 0]);
  });
});
