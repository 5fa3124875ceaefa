import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

const bytes = Buffer.from([0xff, 0x00]);

describeGuest('batcher', {
  'publishes every three events as one array, and the rest at the end of the stream': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const batches = await collect(outside, 'batches');
    for (const reading of ['{"celsius": 21}', 'warm', bytes, '4']) await publish(outside, 'readings/kitchen', reading);
    await batches.until(1);
    // The last one is read, so that it is in the rest.
    await host.waitFor(/(handled "readings\/kitchen"[\s\S]*){3}/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const events = (await batches.until(2)).map(eventIn);
    expect(events.map(({ type }) => type)).toEqual(['com.example.batch', 'com.example.batch']);
    const [first = [], rest = []] = events.map(({ data }) => JSON.parse(data));
    expect(first).toEqual([
      expect.objectContaining({ specversion: '1.0', type: 'mqtt.message', data: { celsius: 21 } }),
      expect.objectContaining({ data_base64: Buffer.from('warm').toString('base64') }),
      expect.objectContaining({ data_base64: bytes.toString('base64') }),
    ]);
    expect(rest.map(({ data }: { data: unknown }) => data)).toEqual([4]);
  },
});
