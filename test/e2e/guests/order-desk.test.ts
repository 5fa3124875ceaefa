import { expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { collect, publish } from '../../support/mqtt-client.ts';
import { describeGuest, eventIn } from './sample.ts';

const json = (value: object) => JSON.stringify(value);

describeGuest('order-desk', {
  'has a handler for each binding, and each publishes through its own': async ({ client, run }) => {
    const host = await run({ subscribed: 3 });
    const outside = await client();
    const out = await collect(outside, '#', { qos: 2 });
    const order = { order: '17', items: [{ sku: 'pen', quantity: 2, cents: 150 }] };
    await publish(outside, 'orders/web', json(order), { qos: 2 });
    await publish(outside, 'payments/card', json({ order: '17', dueCents: 300, paidCents: 300 }), { qos: 2 });
    await publish(outside, 'payments/transfer/bank', json({ order: '18', dueCents: 300, paidCents: 1 }), { qos: 2 });
    await publish(outside, 'questions/ada', 'Where is my pen?', { qos: 2 });
    await out.until(8, 60_000);
    expect(await host.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const answers = out.received.filter(({ topic }) => !/^(orders|payments|questions)\//.test(topic));
    expect(answers.every(({ qos }) => qos === 2)).toBe(true);
    const told = answers.map((message): [string, unknown] => {
      const { source, type, data } = eventIn(message);
      expect(source).toBe('/order-desk');
      return [`${message.topic} ${type}`, JSON.parse(data)];
    });
    expect(Object.fromEntries(told)).toEqual({
      'invoices/17 com.example.invoice.issued': {
        order: '17',
        lines: [{ sku: 'pen', quantity: 2, cents: 300 }],
        dueCents: 300,
      },
      'shipments/17 com.example.shipment.released': { order: '17' },
      'reminders/18 com.example.payment.incomplete': { order: '18', missingCents: 299 },
      'tickets com.example.ticket.opened': { question: 'Where is my pen?' },
    });
  },

  'keeps what it cannot understand as a dead letter of that binding': async ({ client, run }) => {
    const host = await run({ subscribed: 3 });
    const outside = await client();
    for (const topic of ['orders/web', 'payments/card', 'questions/ada'])
      await publish(outside, topic, ' ', { qos: 2 });
    const dead = () => host.stderr().match(/\[\w+\] the message on "[^"]+" is a dead letter after 1 attempt/g) ?? [];
    await eventually(() => dead().length === 3, { timeout: 60_000 });
    expect(
      dead()
        .map((line) => line.replace(/ is a dead.*/, ''))
        .toSorted(),
    ).toEqual([
      '[orders] the message on "orders/web"',
      '[payments] the message on "payments/card"',
      '[questions] the message on "questions/ada"',
    ]);
  },
});
