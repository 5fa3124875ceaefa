import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

describeGuest('temperature-alerts', {
  'raises an alert once, and clears it': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const alerts = await collect(outside, 'alerts/+');
    for (const celsius of [29, 31.5, 32, 29, 27.9])
      await publish(outside, 'sensors/kitchen/temperature', JSON.stringify({ celsius }));
    const raised = await alerts.next();
    expect(raised.topic).toBe('alerts/kitchen');
    expect(eventIn(raised).type).toBe('com.example.temperature.raised');
    expect(JSON.parse(eventIn(raised).data)).toMatchObject({ sensor: 'kitchen', celsius: 31.5 });
    const cleared = eventIn(await alerts.next());
    expect([cleared.type, JSON.parse(cleared.data).celsius]).toEqual(['com.example.temperature.cleared', 27.9]);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },
});
