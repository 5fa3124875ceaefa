import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

describeGuest('stream-aggregator', {
  'sums up batches, and the rest at its end': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const summaries = await collect(outside, 'summaries');
    for (const reading of ['1', '2.5', 'x', '-4']) await publish(outside, 'readings/kitchen', reading);
    await summaries.until(1);
    // The last one is read, so that it is in the rest.
    await host.waitFor(/(handled "readings\/kitchen"[\s\S]*){3}/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const data = (await summaries.until(2)).map((message) => JSON.parse(eventIn(message).data));
    expect(data).toEqual([
      { count: 3, invalid: 1, sum: 3.5, min: 1, max: 2.5 },
      { count: 1, invalid: 0, sum: -4, min: -4, max: -4 },
    ]);
  },
});
