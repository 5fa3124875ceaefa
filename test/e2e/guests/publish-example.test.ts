import { expect, it } from 'vitest';
import { collect } from '../../support/mqtt-client.ts';
import { App, appToml } from '../app.ts';
import { startEmbedded } from '../steps.ts';
import { describeGuest, eventIn } from './sample.ts';

describeGuest('publish-example', {
  'publishes, and ends': async ({ client, run }) => {
    const greetings = await collect(await client(), 'greetings');
    const host = await run({ subscribed: 0 });
    expect(await host.exited).toEqual({ code: 0, signal: null });
    const events = (await greetings.until(2)).map(eventIn);
    expect(events.map(({ data }) => data)).toEqual(['hello', 'world']);
    expect(events[0]).toMatchObject({ source: '/publish-example', type: 'com.example.text' });
  },
});

it('says what it lacks, with an exit code of its own', async () => {
  const host = await new App(appToml([{ url: await startEmbedded() }])).run('publish-example');
  expect(await host.exited).toEqual({ code: 2, signal: null });
  expect(host.stderr()).toMatch(/say what to publish.*\n[\s\S]*exit code 2 is its own/);
});
