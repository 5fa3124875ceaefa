import { expect } from 'vitest';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';
import { sendEvent } from './send-event.ts';

const order = { source: '/shop', type: 'com.example.order.placed' };

describeGuest('content-router', {
  'forwards an event to the topics of its rules, with all its attributes': async ({ client, run }) => {
    await run();
    const outside = await client();
    const orders = await collect(outside, 'orders/us', { qos: 2 });
    const fraud = await collect(outside, 'fraud', { qos: 2 });
    const attributes = { subject: 'order/7', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const data = { customer: { country: 'US' }, paid: false, express: true };
    await sendEvent(outside, 'inbox/shop', { ...order, id: '7', attributes, data }, { qos: 2 });
    for (const message of [await orders.next(), await fraud.next()]) {
      expect(message.qos).toBe(2);
      const event = eventIn(message);
      expect(event.attributes).toMatchObject({ ...order, ...attributes, id: '7' });
      expect(JSON.parse(event.data)).toEqual(data);
      const type = message.properties.contentType ?? event.attributes.datacontenttype;
      expect(type).toMatch(/^application\/(cloudevents\+)?json$/);
    }
  },

  'sends what no rule takes to its default topic, and rejects what cannot be judged': async ({ client, run }) => {
    const host = await run();
    const outside = await client();
    const unrouted = await collect(outside, 'unrouted', { qos: 2 });
    await publish(outside, 'inbox/plain', Buffer.from([0, 255]), { qos: 2 });
    expect(eventIn(await unrouted.next())).toMatchObject({ source: 'inbox/plain', type: 'mqtt.message' });
    await sendEvent(outside, 'inbox/shop', { ...order, id: '8' }, { qos: 2 });
    await host.waitFor(/dead letter[\s\S]*is not JSON/);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  },
});
