import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { tempDirectory } from '../../support/temp.ts';
import { describeGuest, eventIn } from './sample.ts';

const info = (room: string) => JSON.stringify({ room });
const BOTH = { subscribed: 2 };
/** A reading may wait for the host to start, and for its retries (milliseconds). */
const PATIENCE = 60_000;

describeGuest('enricher', {
  'adds what retained messages say, after a restart too': async ({ client, run }) => {
    const outside = await client();
    await publish(outside, 'devices/d1/info', info('kitchen'), { retain: true });
    const enriched = await collect(outside, 'enriched/+');
    const state = tempDirectory('state');
    const next = async () => JSON.parse(eventIn(await enriched.next(PATIENCE)).data);
    const host = await run({ ...BOTH, state });
    await publish(outside, 'devices/d1/reading', '{"value":1}');
    expect(await next()).toEqual({ value: 1, device: { id: 'd1', room: 'kitchen' } });
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    // This one waits in the session; the descriptions come with the new session of the other binding.
    await publish(outside, 'devices/d1/reading', '{"value":2}');
    await run({ subscribed: 0, state });
    expect(await next()).toEqual({ value: 2, device: { id: 'd1', room: 'kitchen' } });
    await publish(outside, 'devices/d1/info', info('hall'), { retain: true });
    await publish(outside, 'devices/d1/reading', '{"value":3}');
    expect(await next()).toMatchObject({ value: 3 });
  },

  'tries a reading again until its device is known, and gives it up in the end': async ({ client, run }) => {
    const outside = await client();
    const enriched = await collect(outside, 'enriched/+');
    const host = await run(BOTH);
    await publish(outside, 'devices/d1/reading', '{"value":1}');
    await host.waitFor(/nothing is known of the device "d1" yet/);
    await publish(outside, 'devices/d1/info', info('kitchen'), { retain: true });
    const message = await enriched.next(PATIENCE);
    expect(message.topic).toBe('enriched/d1');
    expect(eventIn(message)).toMatchObject({ source: '/enricher', type: 'com.example.reading.enriched' });

    await publish(outside, 'devices/d2/reading', '{"value":1}');
    await host.waitFor(/dead letter[\s\S]*nothing is known of the device "d2" yet/);
    expect(enriched.received).toHaveLength(1);
  },

  'keeps its table when something hostile comes': async ({ client, run }) => {
    const outside = await client();
    await publish(outside, 'devices/d1/info', info('kitchen'), { retain: true });
    const enriched = await collect(outside, 'enriched/+');
    const host = await run(BOTH);
    await publish(outside, 'devices/d1/reading', '{"value":1}');
    await enriched.next(PATIENCE);
    for (const hostile of [Buffer.alloc(0), Buffer.from([255]), Buffer.alloc(4_096, '['), Buffer.alloc(100_000, '[')])
      await publish(outside, 'devices/d2/reading', hostile);
    await host.waitFor(/dead letter[\s\S]*at most 4096 are taken/);
    await publish(outside, 'devices/d1/reading', '{"value":2}');
    expect(JSON.parse(eventIn(await enriched.next(PATIENCE)).data)).toMatchObject({
      value: 2,
      device: { room: 'kitchen' },
    });
  },
});
