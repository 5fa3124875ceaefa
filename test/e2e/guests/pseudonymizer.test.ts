import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';
import { sendEvent } from './send-event.ts';

const PSEUDONYM_KEY = '0123456789abcdef0123456789abcdef';

const pseudonymOf = (value: string) =>
  createHmac('sha256', PSEUDONYM_KEY).update(JSON.stringify(value)).digest('hex').slice(0, 32);

describeGuest('pseudonymizer', {
  'replaces what is personal, and leaves attributes behind': async ({ client, run }) => {
    await run({ env: { PSEUDONYM_KEY } });
    const outside = await client();
    const published = await collect(outside, 'public/+');
    const event = { id: '7', source: '/shop', type: 'com.example.order.placed' };
    const customer = { name: 'Ada', email: 'ada@example.com', country: 'GB' };
    await sendEvent(outside, 'private/orders', {
      ...event,
      attributes: { subject: 'ada@example.com' },
      data: { order: 7, customer },
    });
    const message = await published.next();
    expect(message.topic).toBe('public/orders');
    const { attributes, data } = eventIn(message);
    expect(attributes).toMatchObject({ ...event, source: '/pseudonymizer' });
    expect(attributes).not.toHaveProperty('subject');
    const replaced = { name: pseudonymOf('Ada'), email: pseudonymOf('ada@example.com'), country: 'GB' };
    expect(JSON.parse(data)).toEqual({ order: 7, customer: replaced });
  },

  'rejects what it cannot look into, and says nothing of it': async ({ client, run }) => {
    const host = await run({ env: { PSEUDONYM_KEY } });
    await publish(await client(), 'private/notes', 'call Ada');
    await host.waitFor(/dead letter[\s\S]*the data is not JSON/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(host.stderr()).not.toContain('Ada');
  },
});
