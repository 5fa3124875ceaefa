import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

const DOCUMENT = 'order,region,note\n17,north,"two, please"\n18,south,\n';

describeGuest('csv-splitter', {
  'publishes an event for each row, on the topic of the document': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const rows = await collect(outside, 'rows/+', { qos: 2 });
    await publish(outside, 'csv/orders', DOCUMENT, { qos: 2 });
    const received = await rows.until(2);
    expect(received.map(({ topic, qos }) => `${topic} ${qos}`)).toEqual(['rows/orders 2', 'rows/orders 2']);
    const events = received.map(eventIn);
    for (const { type, source } of events) expect(`${source} ${type}`).toBe('/csv-splitter com.example.csv.row');
    expect(events.map(({ data }) => JSON.parse(data))).toEqual([
      { order: '17', region: 'north', note: 'two, please' },
      { order: '18', region: 'south', note: '' },
    ]);
    await host.waitFor('orders: 2 rows');
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },

  'publishes each row on the topic that a column gives': async ({ client, run }) => {
    await run({ env: { TOPIC_COLUMN: 'region' } });
    const outside = await client();
    const rows = await collect(outside, 'rows/+');
    await publish(outside, 'csv/orders', DOCUMENT, { qos: 2 });
    expect((await rows.until(2)).map(({ topic }) => topic)).toEqual(['rows/north', 'rows/south']);
  },

  'publishes nothing of a document that is malformed late': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const rows = await collect(outside, 'rows/+');
    const good = Array.from({ length: 500 }, (_, order) => `${order},north,\n`).join('');
    await publish(outside, 'csv/late', `order,region,note\n${good}501,"north\n`, { qos: 2 });
    await host.waitFor(/rejected: line 502, column \d+: extraneous or missing "/);
    // What the document before had published would come first.
    await publish(outside, 'csv/orders', DOCUMENT, { qos: 2 });
    expect((await rows.next()).topic).toBe('rows/orders');
  },

  'carries documents of all sizes through one instance': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const rows = await collect(outside, 'rows/+', { qos: 2 });
    const sizes = [0, 1, 7, 8, 9, 100, 4_095, 65_536, 100_000];
    const notes = Array.from({ length: 90 }, (_, index) =>
      String.fromCharCode(97 + (index % 26)).repeat(sizes[index % sizes.length] ?? 0),
    );
    for (const [index, note] of notes.entries())
      await publish(outside, `csv/${index}`, `number,note\n${index},${note}\n`, { qos: 2 });
    const received = await rows.until(notes.length, 60_000);
    const found = new Map(received.map((message) => [message.topic, JSON.parse(eventIn(message).data)]));
    expect([...found].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))).toEqual(
      notes.map((note, index) => [`rows/${index}`, { number: String(index), note }]),
    );
    expect(host.stdout() + host.stderr()).not.toMatch(/trap/);
  },
});
