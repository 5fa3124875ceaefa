import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../../src/status.ts';
import { StatusStreams } from '../../src/telemetry/index.ts';

const published = (topic: string): HostStatus => ({ kind: 'published', topic, qos: 1, broker: 'b' });
const started: HostStatus = { kind: 'started', app: 'a', component: 'c', milliseconds: 1 };

async function rest(stream: AsyncIterable<{ readonly kind: string; readonly topic?: unknown }>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const status of stream) read.push(status.topic ?? status.kind);
  return read;
}

describe('StatusStreams', () => {
  it('gives each reader what comes after it was opened, of its kinds, until the end', async () => {
    const streams = new StatusStreams();
    streams.report(published('before'));
    const [all, some] = [streams.open(), streams.open('started')];
    streams.report(published('t'));
    streams.report(started);
    const late = streams.open();
    streams.report(published('last'));
    streams.end();
    streams.report(published('after'));
    expect(await rest(all)).toEqual(['t', 'started', 'last']);
    expect(await rest(some)).toEqual(['started']);
    expect(await rest(late)).toEqual(['last']);
    expect(await rest(streams.open())).toEqual([]);
  });

  it('wakes a reader that waits, and several calls of next in their order', async () => {
    const streams = new StatusStreams();
    const reader = streams.open();
    const reads = [reader.next(), reader.next(), reader.next()];
    streams.report(published('1'));
    streams.report(published('2'));
    streams.end();
    expect(await Promise.all(reads)).toEqual([
      { done: false, value: published('1') },
      { done: false, value: published('2') },
      { done: true, value: undefined },
    ]);
  });

  it('loses the oldest of a reader that is behind, counted, and no other reader’s', async () => {
    const streams = new StatusStreams(3);
    const [slow, quick] = [streams.open(), streams.open()];
    const seen: unknown[] = [];
    for (let i = 1; i <= 8; i++) {
      streams.report(published(`${i}`));
      seen.push((await quick.next()).value);
    }
    expect(seen).toHaveLength(8);
    expect(seen).not.toContainEqual(expect.objectContaining({ kind: 'missed' }));
    expect((await slow.next()).value).toEqual({ kind: 'missed', count: 5 });
    expect((await slow.next()).value).toEqual(published('6'));
    for (const topic of ['9', '10']) streams.report(published(topic));
    expect((await slow.next()).value).toEqual({ kind: 'missed', count: 1 });
    streams.end();
    expect(await rest(slow)).toEqual(['8', '9', '10']);
  });

  it('forgets a reader that has read enough, and wants nothing without readers', async () => {
    const streams = new StatusStreams();
    expect(streams.wants()).toBe(false);
    const reader = streams.open();
    expect(streams.wants()).toBe(true);
    streams.report(started);
    for await (const { kind } of reader) {
      expect(kind).toBe('started');
      break;
    }
    expect(streams.wants()).toBe(false);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it('ends a read that waits where its reader is given up', async () => {
    const reader = new StatusStreams().open();
    const read = reader.next();
    await reader.return?.();
    expect(await read).toEqual({ done: true, value: undefined });
  });
});
