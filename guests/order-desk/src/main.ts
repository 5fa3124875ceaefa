import type { Event } from 'wasi:pubsub/types@0.1.0';
import { amountOf, type Order, parseOrder, totalOf } from './order.ts';
import { parsePayment } from './payment.ts';
import { rejected, send } from './reply.ts';

const decoder = new TextDecoder();

/** The binding "orders" names it with `on_message = "on_order"`. */
export function onOrder(message: Event): void {
  const order = parseOrder(message.data);
  if (order === undefined)
    throw rejected('an order is JSON like {"order": "17", "items": [{"sku": "pen", "quantity": 2, "cents": 150}]}');
  send(message, `invoices/${order.order}`, 'invoice.issued', invoiceFor(order));
  console.log(`order ${order.order}: an invoice over ${amountOf(totalOf(order))}`);
}

function invoiceFor(order: Order) {
  const lines = order.items.map(({ sku, quantity, cents }) => ({ sku, quantity, cents: quantity * cents }));
  return { order: order.order, lines, dueCents: totalOf(order) };
}

/** The binding "payments" names it in full: `sample:order-desk/payments#on-payment`. */
function onPayment(message: Event): void {
  const payment = parsePayment(message.data);
  if (payment === undefined)
    throw rejected('a payment is JSON like {"order": "17", "dueCents": 300, "paidCents": 300}');
  const { order, dueCents, paidCents } = payment;
  const missingCents = dueCents - paidCents;
  if (missingCents > 0) send(message, `reminders/${order}`, 'payment.incomplete', { order, missingCents });
  else send(message, `shipments/${order}`, 'shipment.released', { order });
}

export const payments = { onPayment };

/** The handler of the contract takes what the binding "questions" gets, which names none. */
function onMessage(message: Event): void {
  const question = decoder.decode(message.data).trim();
  if (question === '') throw rejected('there is no question in it');
  send(message, 'tickets', 'ticket.opened', { question });
}

export const dataOnMessage = { onMessage };
