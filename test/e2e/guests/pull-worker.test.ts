import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

describeGuest('pull-worker', {
  'answers jobs, and ends when it is told to': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const done = await collect(outside, 'done/+', { qos: 2 });
    await publish(outside, 'jobs/a', 'count these words', { qos: 2 });
    const message = await done.next();
    expect(message.topic).toBe('done/a');
    expect(JSON.parse(eventIn(message).data)).toEqual({ bytes: 17, words: 3, text: 'count these words' });
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },
});
