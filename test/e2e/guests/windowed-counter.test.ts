import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

const MINUTE = { start: 1_764_139_020, end: 1_764_139_080 };
const NEXT_MINUTE = { start: 1_764_139_080, end: 1_764_139_140 };

describeGuest('windowed-counter', {
  'counts by minute, late visits too, and publishes the rest when told to': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const counts = await collect(outside, 'counts/+', { qos: 2 });
    const visit = (page: string, payload: string) => publish(outside, `visits/${page}`, payload, { qos: 2 });
    // The last one of home is late.
    for (const second of [0, 59, 60, 1]) await visit('home', JSON.stringify({ time: MINUTE.start + second }));
    await visit('shop', JSON.stringify({ time: MINUTE.start }));
    await visit('shop', '{"time": "soon"}');
    // There is no order between topics.
    await host.waitFor(/dead letter.*the payload is not JSON like \{"time": 1764139057\}/);
    await host.waitFor(/(handled "visits\/[\s\S]*){5}/);
    await publish(outside, 'windows/flush', '', { qos: 2 });
    const events = (await counts.until(4)).map((message) => ({ topic: message.topic, ...eventIn(message) }));
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['com.example.window.counted']));
    expect(events.map(({ topic, data }) => [topic, JSON.parse(data)])).toEqual([
      ['counts/home', { topic: 'visits/home', ...MINUTE, count: 2 }],
      ['counts/home', { topic: 'visits/home', ...MINUTE, count: 1 }],
      ['counts/home', { topic: 'visits/home', ...NEXT_MINUTE, count: 1 }],
      ['counts/shop', { topic: 'visits/shop', ...MINUTE, count: 1 }],
    ]);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },
});
